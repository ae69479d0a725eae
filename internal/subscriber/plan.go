package subscriber

import (
	"context"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// plan starts what has to change, and sets the timer for what must wait.
func (s *Subscriber) plan(ctx context.Context) {
	s.dirty = time.Time{}
	now := time.Now()
	plan := s.roster.Plan(now, s.cfg.GroupSize)
	wake := plan.Wake
	ready := plan.Changes[:0]
	for _, change := range plan.Changes {
		if !s.owns(change.Key.URL) || s.busy[change.Key] > 0 {
			continue
		}
		if until := s.endpoint(change.Key.URL).restsUntil(); until.After(now) {
			wake = earlier(wake, until)
			continue
		}
		ready = append(ready, change)
	}
	for _, change := range ready {
		s.start(ctx, change)
	}
	if !wake.IsZero() {
		s.quiet.Reset(max(wake.Sub(now), 0))
	}
}

// earlier is the earlier of two times; the zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// start carries a change out beside the loop. Changes of one key wait for each
// other, so that a plan never counts a place twice.
func (s *Subscriber) start(ctx context.Context, change ewsaffinity.Change) {
	s.busy[change.Key]++
	s.begins(change.Key.URL.Partition())
	former, _ := s.roster.Group(change.Group)
	j := job{
		change:      change,
		place:       former.Place(),
		exchange:    s.exchange,
		endpoint:    s.endpoint(change.Key.URL),
		concurrency: s.cfg.Concurrency,
		needFolders: map[messages.Address]bool{},
	}
	for _, a := range change.Join {
		j.needFolders[a] = !s.roster.HasFolders(a)
	}
	s.work.Go(func() {
		o := j.run(ctx)
		select {
		case s.outcomes <- o:
		case <-ctx.Done():
		}
	})
}
