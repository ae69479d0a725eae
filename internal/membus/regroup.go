package membus

import (
	"context"
	"strconv"
	"strings"
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

// Partitions says which partitions' requests a server serves. Serves must not call
// the bus.
type Partitions = interface {
	Serves(p messages.Partition) bool
	Changed() <-chan struct{}
}

// ServeRegroups hands each request of the partitions that are served (of all
// without served) to handle until ctx ends, those of a partition one after another
// over all servers. A request is done when handle returns nil. After an error it is
// tried again, in the end put into the dead letters; not when its partition ceased
// to be served: then it comes again. It returns ctx's error.
func (b *Bus) ServeRegroups(ctx context.Context, served Partitions, handle func(context.Context, messages.RegroupRequested) error) error {
	for ctx.Err() == nil {
		work, changed := b.takeRegroup(served)
		if work == nil {
			select {
			case <-changed:
			case <-changedOf(served):
			case <-ctx.Done():
			}
			continue
		}
		reason, done := try(ctx, *work, handle)
		if reason != "" && !serves(served, partitionOf(*work)) {
			done = false
		}
		b.putBackRegroup(*work, reason, done)
	}
	return ctx.Err()
}

func serves(served Partitions, p messages.Partition) bool { return served == nil || served.Serves(p) }

func changedOf(served Partitions) <-chan struct{} {
	if served == nil {
		return nil
	}
	return served.Changed()
}

// partitionOf reads the subject: PREFIX.regroup.PARTITION.GROUP.
func partitionOf(work entry) messages.Partition {
	tokens := strings.Split(work.message.Subject, ".")
	p, _ := strconv.Atoi(tokens[len(tokens)-2])
	return messages.Partition(p)
}

// takeRegroup takes the oldest request of a partition that is served and of which
// none is being handled.
func (b *Bus) takeRegroup(served Partitions) (*entry, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.faults.outage {
		return nil, b.changed
	}
	for _, work := range b.regroups.stored {
		if p := partitionOf(work); !b.handling[p] && serves(served, p) {
			b.handling[p] = true
			return &work, b.changed
		}
	}
	return nil, b.changed
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

// putBackRegroup lets the next request of the partition come: this one again
// unless it is done with.
func (b *Bus) putBackRegroup(work entry, reason string, done bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.handling, partitionOf(work))
	if done {
		b.regroups.forget(work.message.Subject, work.sequence+1)
	}
	if done && reason != "" {
		b.dead = append(b.dead, DeadLetter{Message: work.message, Reason: reason})
	}
	b.wake()
}
