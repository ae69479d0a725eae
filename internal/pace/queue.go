package pace

import (
	"container/heap"
	"context"
	"time"
)

// waiter is one that waits to be let through.
type waiter struct {
	priority time.Time // the oldest first
	number   uint64    // then who came first
	kind     Kind
	wake     chan struct{} // of one place: it may be the first now, or the pace changed
	index    int
}

// queue is those who wait, the first of them on top. Only the first looks at the
// clock; whoever leaves the top wakes the next. Its owner's lock guards it.
type queue struct {
	waiters []*waiter
	numbers uint64
}

func (q *queue) enter(priority time.Time, kind Kind) *waiter {
	q.numbers++
	w := &waiter{priority: priority, number: q.numbers, kind: kind, wake: make(chan struct{}, 1)}
	heap.Push(q, w)
	return w
}

func (q *queue) leave(w *waiter) {
	heap.Remove(q, w.index)
	q.wake()
}

func (q *queue) first(w *waiter) bool { return q.waiters[0] == w }

// wake has the first look again.
func (q *queue) wake() {
	if len(q.waiters) == 0 {
		return
	}
	select {
	case q.waiters[0].wake <- struct{}{}:
	default:
	}
}

// sleep waits until the waiter is to look again: after so long, below 0 only when it
// is woken.
func (w *waiter) sleep(ctx context.Context, wait time.Duration) error {
	var timeout <-chan time.Time
	if wait >= 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-w.wake:
	case <-timeout:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Len, Less, Swap, Push and Pop are container/heap's.
func (q *queue) Len() int { return len(q.waiters) }
func (q *queue) Less(i, j int) bool {
	a, b := q.waiters[i], q.waiters[j]
	if !a.priority.Equal(b.priority) {
		return a.priority.Before(b.priority)
	}
	return a.number < b.number
}
func (q *queue) Swap(i, j int) {
	q.waiters[i], q.waiters[j] = q.waiters[j], q.waiters[i]
	q.waiters[i].index, q.waiters[j].index = i, j
}
func (q *queue) Push(x any) {
	w := x.(*waiter)
	w.index = len(q.waiters)
	q.waiters = append(q.waiters, w)
}
func (q *queue) Pop() any {
	last := len(q.waiters) - 1
	w := q.waiters[last]
	q.waiters[last] = nil
	q.waiters = q.waiters[:last]
	return w
}
