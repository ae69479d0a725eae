package streamer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/breaker"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Config tunes the stage. Zero durations mean the defaults.
type Config struct {
	Drain         time.Duration // after the stop, to store what was read; 25 s
	CoverageEvery time.Duration // 10 s
	GoodbyeWithin time.Duration // how long the older of two connections may take to end; 10 s
	Detection     time.Duration // Exchange names a dead subscription at the latest this long after it died; 90 s, two heartbeats
	ShortLived    time.Duration // a connection that ends sooner counts as one that failed to open; 5 s
	TakenPause    time.Duration // how long a group is left alone that another client streams; 5 min
	NewID         func() string
	Random        func() float64
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
	return c
}

// Streamer is the stage. Build it with [New], run it with Run.
type Streamer struct {
	cfg       Config
	store     Store
	lane      Lane
	exchange  Exchange
	ownership Ownership

	roster    *ewsaffinity.Roster
	known     map[messages.GroupID]bool
	workers   map[messages.GroupID]*worker
	endpoints map[messages.Endpoint]*breaker.Endpoint
	ended     chan messages.GroupID // workers that were stopped
	running   sync.WaitGroup
}

// New builds the stage over its ports.
func New(cfg Config, store Store, lane Lane, exchange Exchange, ownership Ownership) *Streamer {
	return &Streamer{
		cfg: cfg.withDefaults(), store: store, lane: lane, exchange: exchange, ownership: ownership,
		roster:    ewsaffinity.NewRoster(),
		known:     map[messages.GroupID]bool{},
		workers:   map[messages.GroupID]*worker{},
		endpoints: map[messages.Endpoint]*breaker.Endpoint{},
		ended:     make(chan messages.GroupID),
	}
}

// Run streams until ctx ends, then stores what was read and ends within Drain.
// It returns ctx's error, or why the facts could not be read.
func (s *Streamer) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer s.running.Wait()
	defer cancel()
	groups, err := s.store.Groups(ctx)
	if err != nil {
		return err
	}
	caughtUp := false
	for {
		select {
		case recorded, ok := <-groups:
			switch {
			case !ok && ctx.Err() == nil:
				return errors.New("the feed of groups ended")
			case !ok:
				return ctx.Err()
			case recorded.CaughtUp():
				caughtUp = true
				s.settleAll(ctx)
			default:
				touched := s.fold(recorded)
				if caughtUp {
					s.settle(ctx, touched...)
				}
			}
		case <-s.ownership.Changes():
			s.settleAll(ctx)
		case id := <-s.ended:
			delete(s.workers, id)
			s.settle(ctx, id) // it may be ours again
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fold takes a group's message and returns the groups it touches: itself, and
// those that lose a mailbox to it.
func (s *Streamer) fold(recorded messages.Recorded) []messages.GroupID {
	g, ok := recorded.Fact.(messages.GroupSubscribed)
	if !ok {
		return nil
	}
	touched := []messages.GroupID{g.Group}
	for a := range g.Subscriptions {
		if home := s.roster.Home(a); home != "" && home != g.Group {
			touched = append(touched, home)
		}
	}
	s.roster.Apply(recorded)
	s.known[g.Group] = true
	return touched
}

func (s *Streamer) settleAll(ctx context.Context) {
	for id := range s.known {
		s.settle(ctx, id)
	}
}

// settle makes what runs into what is wanted: a worker for every group that is
// ours and has members, told the latest truth.
func (s *Streamer) settle(ctx context.Context, ids ...messages.GroupID) {
	for _, id := range ids {
		g, _ := s.roster.Group(id)
		w, running := s.workers[id]
		members := s.roster.Members(id)
		switch {
		case !s.ownership.Owns(id):
			if running {
				w.stop()
			}
		case running:
			w.tell(s.updateOf(g, members))
		case len(members) > 0:
			s.workers[id] = s.startWorker(ctx, s.updateOf(g, members))
		}
	}
}

// updateOf is the truth of a group with the reasons of those who left it.
func (s *Streamer) updateOf(g messages.GroupSubscribed, members map[messages.Address]messages.Subscription) update {
	left := map[messages.Address]messages.Left{}
	for a := range g.Subscriptions {
		if _, stays := members[a]; !stays {
			left[a] = messages.Left{Reason: messages.StopMoved}
		}
	}
	for a, why := range g.Left {
		left[a] = why
	}
	g.Subscriptions = members
	return update{GroupSubscribed: g, left: left}
}

// endpoint is the breaker around opening connections at an endpoint.
func (s *Streamer) endpoint(url messages.Endpoint) *breaker.Endpoint {
	b, ok := s.endpoints[url]
	if !ok {
		b = breaker.NewEndpoint(breaker.EndpointConfig{Name: string(url)})
		s.endpoints[url] = b
	}
	return b
}
