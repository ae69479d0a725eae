package streamer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/breaker"
	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/pace"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Config tunes the stage. Zero durations mean the defaults.
type Config struct {
	Drain         time.Duration // after the stop, to hand groups over and to store what was read; 25 s
	CoverageEvery time.Duration // 10 s
	GoodbyeWithin time.Duration // how long the older of two connections may take to end; 10 s
	Detection     time.Duration // Exchange names a dead subscription at the latest this long after it died; 90 s, two heartbeats
	ShortLived    time.Duration // a connection that ends sooner counts as one that failed to open; 5 s
	TakenPause    time.Duration // how long a group is left alone that another client streams; 5 min
	NewID         func() string
	Random        func() float64
	Observer      Observer // nil: no one
	Logger        *slog.Logger
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&c.Drain, 25 * time.Second},
		{&c.CoverageEvery, 10 * time.Second},
		{&c.GoodbyeWithin, 10 * time.Second},
		{&c.Detection, 90 * time.Second},
		{&c.ShortLived, 5 * time.Second},
		{&c.TakenPause, 5 * time.Minute},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	return c
}

// Streamer is the stage. Build it with [New], run it with Run.
type Streamer struct {
	cfg       Config
	store     Store
	lane      Lane
	exchange  Exchange
	ownership Ownership

	roster    *roster
	workers   map[messages.GroupID]*worker
	parts     map[messages.GroupID]lease.Role // as each worker was last told to look at
	doubted   map[messages.GroupID]bool       // what is recorded of them may be more than is stored
	endpoints map[messages.Endpoint]*endpoint
	ended     chan messages.GroupID // workers that have ended
	running   sync.WaitGroup
	storing   context.Context // ends Drain after the stop
	caughtUp  bool
}

// New builds the stage over its ports.
func New(cfg Config, store Store, lane Lane, exchange Exchange, ownership Ownership) *Streamer {
	return &Streamer{
		cfg: cfg.withDefaults(), store: store, lane: lane, exchange: exchange, ownership: ownership,
		roster:    newRoster(),
		workers:   map[messages.GroupID]*worker{},
		parts:     map[messages.GroupID]lease.Role{},
		doubted:   map[messages.GroupID]bool{},
		endpoints: map[messages.Endpoint]*endpoint{},
		ended:     make(chan messages.GroupID),
	}
}

// Run streams until ctx ends. Then it hands its groups over to the other streamers,
// if there are any, stores what was read, and ends within Drain. It returns ctx's
// error, or why the facts could not be read.
func (s *Streamer) Run(ctx context.Context) error {
	var cancel context.CancelFunc
	s.storing, cancel = outliving(ctx, s.cfg.Drain)
	defer cancel()
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer s.running.Wait()
	defer cancel()
	groups, err := s.store.Groups(work)
	if err != nil {
		return err
	}
	for {
		if stopped, err := s.step(work, groups, ctx.Done()); err != nil {
			return err
		} else if stopped {
			break
		}
	}
	s.leave(work, groups)
	return ctx.Err()
}

// leave hands all groups over. Without others, or when they do not take them in
// time, the rest ends uncleanly.
func (s *Streamer) leave(work context.Context, groups <-chan messages.Recorded) {
	s.ownership.Leave()
	s.lookAll(work)
	enough, cancel := context.WithTimeout(work, s.cfg.Drain*3/4)
	defer cancel()
	for s.ownership.Members() > 1 && len(s.workers) > 0 {
		if stopped, err := s.step(work, groups, enough.Done()); stopped || err != nil {
			return
		}
	}
}

// step sees to one thing; it reports true when stop is closed.
func (s *Streamer) step(work context.Context, groups <-chan messages.Recorded, stop <-chan struct{}) (stopped bool, err error) {
	select {
	case recorded, ok := <-groups:
		switch {
		case !ok:
			return false, errors.New("the feed of groups ended")
		case recorded.CaughtUp():
			s.caughtUp = true
			s.settleAll(work)
		default:
			touched := s.fold(recorded)
			if s.caughtUp {
				s.settle(work, touched...)
			}
		}
	case <-s.ownership.Changes():
		if s.caughtUp {
			s.lookAll(work)
		}
	case r := <-s.lane.Regressions():
		s.beginAnew(r)
	case id := <-s.ended:
		s.workers[id].endpoint.grow(-1)
		delete(s.workers, id)
		delete(s.parts, id)
		s.settle(work, id) // it may be ours again
	case <-stop:
		return true, nil
	}
	return false, nil
}

// beginAnew has every group begin anew after the stream of events has gone
// backwards: what it had acknowledged may be gone, and is a gap.
func (s *Streamer) beginAnew(r outcome.Regression) {
	s.cfg.Logger.Error("the event stream has gone backwards: every mailbox begins a new epoch, with a gap",
		"stream", r.Stream, "acknowledged", r.Acknowledged, "stored_now", r.Sequence,
		"hint", "was it restored from an old copy? Consumers that keep a stream sequence must begin anew, too")
	for id, w := range s.workers {
		s.doubted[id] = true
		w.abort()
	}
}

// fold takes a group's message and returns the groups it touches: itself, and
// those that lose a mailbox to it.
func (s *Streamer) fold(recorded messages.Recorded) []messages.GroupID {
	g, ok := recorded.Fact.(messages.GroupSubscribed)
	if !ok {
		return nil
	}
	return s.roster.apply(g, recorded.Sequence)
}

func (s *Streamer) settleAll(ctx context.Context) {
	for id := range s.roster.groups {
		s.settle(ctx, id)
	}
}

// settle makes what runs into what is wanted: a worker for every group that has
// members and is ours, or is offered to us, told the latest truth.
func (s *Streamer) settle(ctx context.Context, ids ...messages.GroupID) {
	for _, id := range ids {
		if w, running := s.workers[id]; running {
			w.tell(s.roster.update(id))
		} else if !s.roster.peopled(id) {
			s.ownership.Forget(id)
			continue
		}
		s.lookAt(ctx, id)
	}
}

func (s *Streamer) lookAll(ctx context.Context) {
	for id := range s.roster.groups {
		if _, running := s.workers[id]; running || s.roster.peopled(id) {
			s.lookAt(ctx, id)
		}
	}
}

// lookAt starts the worker of a group that has become ours, and makes a running one
// look at its role when that has changed. A group that another owns is stopped.
func (s *Streamer) lookAt(ctx context.Context, id messages.GroupID) {
	role := s.ownership.Role(id)
	w, running := s.workers[id]
	switch {
	case running && role.Part == lease.Nobody:
		w.stop()
	case running && role != s.parts[id]:
		w.look()
	case !running && role.Part != lease.Nobody:
		s.workers[id] = s.startWorker(ctx, s.roster.update(id), s.doubted[id])
		delete(s.doubted, id)
	}
	s.parts[id] = role
}

// endpoint is what every opening at an endpoint goes through: its breaker, and the
// pace that is polite.
type endpoint struct {
	*breaker.Endpoint
	pace   *pace.Openings
	groups int // of ours at it
}

// endpoint is the one of a URL.
func (s *Streamer) endpoint(url messages.Endpoint) *endpoint {
	e, ok := s.endpoints[url]
	if !ok {
		e = &endpoint{Endpoint: breaker.NewEndpoint(breaker.EndpointConfig{Name: string(url)}), pace: pace.NewOpenings()}
		s.endpoints[url] = e
	}
	return e
}

// grow counts a group of ours at the endpoint, or one less.
func (e *endpoint) grow(by int) {
	e.groups += by
	e.pace.SetGroups(e.groups)
}
