package discoverer

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Config tunes the stage. Zero fields take the default.
type Config struct {
	Batch              int           // mailboxes in one request; default 50
	Parallel           int           // requests at a time; default 4
	Refresh            time.Duration // age at which an answer is asked for again; default 24 h
	ConfirmWithdrawals bool          // accept the first list of each source, however many it withdraws
	Logger             *slog.Logger  // default: none is written
}

// Stage is the discoverer. Build it with [New], run it once with Run.
type Stage struct {
	cfg   Config
	ports Ports
	log   *slog.Logger

	fold     *fold
	agenda   agenda
	domains  map[string]*domain
	turn     []*domain // those with waiting mailboxes, the next one first
	account  rest
	proven   bool // a request has gone well since the account failed, or since the start
	running  int
	caughtUp bool
	echoes   map[string]bool              // ids of facts that are applied and will still come by the feed
	lists    map[string]maillist.Snapshot // in force, by source
	settled  map[string]bool              // sources whose first list has been accepted

	results chan result
	work    sync.WaitGroup
}

// New builds the stage over its ports.
func New(cfg Config, ports Ports) *Stage {
	if cfg.Batch == 0 {
		cfg.Batch = 50
	}
	if cfg.Parallel == 0 {
		cfg.Parallel = 4
	}
	if cfg.Refresh == 0 {
		cfg.Refresh = 24 * time.Hour
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Stage{
		cfg: cfg, ports: ports, log: cfg.Logger,
		domains: map[string]*domain{},
		echoes:  map[string]bool{},
		lists:   map[string]maillist.Snapshot{},
		settled: map[string]bool{},
		results: make(chan result, cfg.Parallel),
	}
	s.fold = newFold(func(discovered time.Time) time.Time {
		return discovered.Add(spread(cfg.Refresh, ports.Random()))
	})
	return s
}

// errFeedEnded is a feed that broke its contract.
var errFeedEnded = errors.New("discoverer: the feed of mailbox facts ended")

// Run works until ctx ends and everything it began has ended. It returns ctx's
// error, or why the facts could not be read.
func (s *Stage) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer s.work.Wait()
	defer cancel()
	facts, err := s.ports.Feed.Mailboxes(ctx)
	if err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		s.dispatch(ctx)
		s.arm(timer)
		if err := s.step(ctx, facts, timer.C); err != nil {
			return err
		}
	}
}

// step waits for one piece of news and takes it in. Lists and changes of
// ownership wait until the facts are known.
func (s *Stage) step(ctx context.Context, facts <-chan messages.Recorded, timer <-chan time.Time) error {
	var lists <-chan maillist.Snapshot
	var changes <-chan struct{}
	if s.caughtUp {
		lists, changes = s.ports.Lists, s.ports.Ownership.Changes()
	}
	select {
	case recorded, ok := <-facts:
		if !ok {
			return cmp.Or(ctx.Err(), errFeedEnded)
		}
		s.recorded(recorded)
	case list, ok := <-lists:
		if !ok {
			s.ports.Lists = nil
			return nil
		}
		return s.list(ctx, list)
	case <-changes:
		return s.ownershipChanged(ctx)
	case result := <-s.results:
		return s.result(ctx, result)
	case <-timer:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// recorded takes in what the feed brings. This process's own facts were applied
// when they were stored.
func (s *Stage) recorded(recorded messages.Recorded) {
	if recorded.CaughtUp() {
		s.caughtUp = true
		s.scheduleAll()
		return
	}
	if id := recorded.Fact.FactMeta().ID; s.echoes[id] {
		delete(s.echoes, id)
		return
	}
	s.schedule(s.fold.apply(recorded.Fact))
}

// record stores facts and applies them.
func (s *Stage) record(ctx context.Context, facts ...messages.Fact) error {
	if len(facts) == 0 {
		return nil
	}
	if err := s.ports.Recorder.Record(ctx, facts...); err != nil {
		return err
	}
	for _, fact := range facts {
		s.echoes[fact.FactMeta().ID] = true
		s.schedule(s.fold.apply(fact))
	}
	return nil
}

// ownershipChanged sees to what came. What goes is released at once: the answer to
// a request that is under way is a fact like any other, whoever records it.
func (s *Stage) ownershipChanged(ctx context.Context) error {
	for _, p := range s.ports.Ownership.Yielding() {
		s.ports.Ownership.Release(p)
	}
	s.scheduleAll()
	for _, list := range s.lists {
		if err := s.follow(ctx, list); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stage) meta(cause messages.Cause) messages.Meta {
	return messages.Meta{ID: s.ports.NewID(), Time: time.Now(), Cause: cause}
}
