package subscriber

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Config tunes the stage.
type Config struct {
	GroupSize   int           // most mailboxes to a group, 1 to 200; 0: 200
	Quiet       time.Duration // planned this long after the last news; 0: 500 ms
	Concurrency int           // subscribed at the same time in one group; 0: 10
	NewID       func() string // unique ids of facts
	Random      func() float64
	Logger      *slog.Logger
}

// longestUnrest bounds how long a stream of news puts off planning.
const longestUnrest = 10 // times Quiet

// Subscriber is the stage. Build it with [New], run it with Run.
type Subscriber struct {
	cfg       Config
	store     Store
	exchange  Exchange
	ownership Ownership
	log       *slog.Logger

	roster    *ewsaffinity.Roster
	endpoints map[messages.Endpoint]*endpoint
	busy      map[ewsaffinity.Key]int    // changes being carried out
	running   map[messages.Partition]int // changes and unsubscribing that have not ended
	restless  map[messages.Endpoint]int  // times in a row that an endpoint had to be left alone
	quiet     *time.Timer
	dirty     time.Time // since when news wait to be planned; zero: none

	held     []request // of endpoints that are not this process's
	requests chan request
	serves   chan struct{} // of one slot: the work queue is to look at what we own
	outcomes chan outcome
	ended    chan messages.Partition // an unsubscribing of which ended
	work     sync.WaitGroup
}

// New builds the stage over its ports.
func New(cfg Config, store Store, exchange Exchange, ownership Ownership) *Subscriber {
	if cfg.GroupSize == 0 {
		cfg.GroupSize = ewsaffinity.MaxGroupSize
	}
	if cfg.Quiet == 0 {
		cfg.Quiet = 500 * time.Millisecond
	}
	if cfg.Concurrency == 0 {
		cfg.Concurrency = 10
	}
	return &Subscriber{
		cfg: cfg, store: store, exchange: exchange, ownership: ownership, log: cfg.Logger,
		roster:    ewsaffinity.NewRoster(),
		endpoints: map[messages.Endpoint]*endpoint{},
		busy:      map[ewsaffinity.Key]int{},
		running:   map[messages.Partition]int{},
		restless:  map[messages.Endpoint]int{},
		requests:  make(chan request),
		serves:    make(chan struct{}, 1),
		outcomes:  make(chan outcome),
		ended:     make(chan messages.Partition),
	}
}

// Run works until ctx ends and everything it began has ended. It returns ctx's
// error, or why the facts could not be read.
func (s *Subscriber) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer s.work.Wait()
	defer cancel()
	mailboxes, err := s.store.Mailboxes(ctx)
	if err != nil {
		return err
	}
	groups, err := s.store.Groups(ctx)
	if err != nil {
		return err
	}
	if err := s.catchUp(ctx, mailboxes, groups); err != nil {
		return err
	}
	served := make(chan error, 1)
	s.work.Go(func() { served <- s.store.ServeRegroups(ctx, pulled{s}, s.handleRegroup) })
	s.quiet = time.NewTimer(0)
	defer s.quiet.Stop()
	return s.loop(ctx, mailboxes, groups, served)
}

// catchUp folds what was stored before this process began.
func (s *Subscriber) catchUp(ctx context.Context, feeds ...<-chan messages.Recorded) error {
	for _, feed := range feeds {
		for caughtUp := false; !caughtUp; {
			select {
			case recorded, ok := <-feed:
				if !ok {
					return feedEnded(ctx)
				}
				caughtUp = recorded.CaughtUp()
				s.roster.Apply(recorded)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func (s *Subscriber) loop(ctx context.Context, mailboxes, groups <-chan messages.Recorded, served <-chan error) error {
	for {
		select {
		case recorded, ok := <-mailboxes:
			if !ok {
				return feedEnded(ctx)
			}
			s.fold(recorded)
		case recorded, ok := <-groups:
			if !ok {
				return feedEnded(ctx)
			}
			s.fold(recorded)
		case r := <-s.requests:
			s.requested(ctx, r)
		case o := <-s.outcomes:
			s.finish(ctx, o)
			s.ends(o.change.Key.URL.Partition())
		case p := <-s.ended:
			s.ends(p)
		case <-s.ownership.Changes():
			s.ownershipChanged(ctx)
		case <-s.quiet.C:
			s.plan(ctx)
		case err := <-served:
			if ctx.Err() == nil {
				return errors.Join(errors.New("the regroup queue ended"), err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func feedEnded(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.New("the feed of facts ended")
}

func (s *Subscriber) fold(recorded messages.Recorded) {
	s.roster.Apply(recorded)
	s.news()
}

// news puts planning off until no more news came for a quiet moment, but not for ever.
func (s *Subscriber) news() {
	now := time.Now()
	if s.dirty.IsZero() {
		s.dirty = now
	}
	wait := s.cfg.Quiet
	if latest := s.dirty.Add(longestUnrest * s.cfg.Quiet); now.Add(wait).After(latest) {
		wait = max(0, latest.Sub(now))
	}
	s.quiet.Reset(wait)
}
