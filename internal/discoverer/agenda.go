package discoverer

import (
	"container/heap"
	"time"
)

// agenda holds what is to be looked at later: mailboxes, and moments without one
// at which a rest ends. Entries are never taken back; a mailbox whose time has
// changed is looked at once more in vain.
type agenda []appointment

type appointment struct {
	at time.Time
	of *mailbox // nil: none
}

// add enters an appointment.
func (a *agenda) add(at time.Time, of *mailbox) { heap.Push(a, appointment{at, of}) }

// due takes out the first appointment that has come.
func (a *agenda) due(now time.Time) (appointment, bool) {
	if len(*a) == 0 || (*a)[0].at.After(now) {
		return appointment{}, false
	}
	return heap.Pop(a).(appointment), true
}

// wait is the time until the first appointment; false: there is none.
func (a agenda) wait(now time.Time) (time.Duration, bool) {
	if len(a) == 0 {
		return 0, false
	}
	return max(0, a[0].at.Sub(now)), true
}

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }

// Push and Pop are container/heap's.
func (a *agenda) Push(x any) { *a = append(*a, x.(appointment)) }
func (a *agenda) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = appointment{}
	*a = (*a)[:last]
	return x
}
