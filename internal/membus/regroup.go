package membus

import (
	"context"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// A request is tried as often as jetbus tries it, with the same waits.
const (
	regroupAttempts  = 5
	regroupFirstWait = 200 * time.Millisecond
)

// RequestRegroup puts a request into the work queue.
func (b *Bus) RequestRegroup(ctx context.Context, r messages.RegroupRequested) error {
	m, err := messages.EncodeFact(b.subjects, r)
	if err != nil {
		return err
	}
	return b.write(ctx, func() error {
		b.regroups.append(m)
		return nil
	})
}

// ServeRegroups hands each request to handle until ctx ends. A request is done
// when handle returns nil. After an error it is tried again, in the end put into
// the dead letters. It returns ctx's error.
func (b *Bus) ServeRegroups(ctx context.Context, handle func(context.Context, messages.RegroupRequested) error) error {
	for ctx.Err() == nil {
		work, changed := b.nextRegroup()
		if work == nil {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		if reason, done := try(ctx, *work, handle); done {
			b.finishRegroup(*work, reason)
		}
	}
	return ctx.Err()
}

func (b *Bus) nextRegroup() (*entry, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.faults.outage || len(b.regroups.stored) == 0 {
		return nil, b.changed
	}
	work := b.regroups.stored[0]
	return &work, b.changed
}

// try reports whether the request is done with, and why it is poisoned.
func try(ctx context.Context, work entry, handle func(context.Context, messages.RegroupRequested) error) (reason string, done bool) {
	fact, err := messages.DecodeFact(work.message)
	if err != nil {
		return err.Error(), true
	}
	request, ok := fact.(messages.RegroupRequested)
	if !ok {
		return "not a regroup request: " + fact.Type(), true
	}
	for attempt := 1; ; attempt++ {
		err := handle(ctx, request)
		switch {
		case err == nil:
			return "", true
		case ctx.Err() != nil:
			return "", false
		case attempt == regroupAttempts:
			return err.Error(), true
		}
		select {
		case <-time.After(regroupFirstWait << (attempt - 1)):
		case <-ctx.Done():
			return "", false
		}
	}
}

func (b *Bus) finishRegroup(work entry, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.regroups.forget(work.message.Subject, work.sequence+1)
	if reason != "" {
		b.dead = append(b.dead, DeadLetter{Message: work.message, Reason: reason})
	}
	b.wake()
}
