package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/health"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/metrics"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Observation is what a process tells of itself: metrics and health. Serve it
// with [NewHTTP]. It also tells the parts of the process when the configuration was
// read anew.
type Observation struct {
	Metrics *metrics.Metrics
	Health  *health.Health

	mu      sync.Mutex
	reloads []func(*config.Config)
	trouble string // of the last reload
}

// NewObservation is for a process that runs these stages, whose configuration is loaded.
func NewObservation(cfg *config.Config, stages ...string) *Observation {
	o := &Observation{
		Metrics: metrics.New(metrics.Config{Stages: stages, TLSInsecure: cfg.Exchange.TLS.Insecure}),
		Health:  health.New(),
	}
	o.Health.Add("configuration", o.configuration)
	if cfg.Exchange.TLS.Insecure {
		o.Health.Add("exchange tls", func() (bool, string) { return true, "exchange.tls.insecure: certificates of Exchange are not verified" })
	}
	return o
}

// onReload has f called with the configuration whenever it was read anew. f must not
// block.
func (o *Observation) onReload(f func(*config.Config)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reloads = append(o.reloads, f)
}

func (o *Observation) reloaded(cfg *config.Config) {
	o.mu.Lock()
	o.trouble = ""
	reloads := slices.Clone(o.reloads)
	o.mu.Unlock()
	for _, f := range reloads {
		f(cfg)
	}
	o.Metrics.Reload(true)
}

func (o *Observation) notReloaded() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trouble = "the last reload found it invalid, see the log: the one before is in use"
	o.Metrics.Reload(false)
}

// configuration is the check of a process that goes on with what it has.
func (o *Observation) configuration() (ok bool, why string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return true, o.trouble
}

// stageObservation observes one stage. The names of its checks begin with the
// stage's, since a process may run several.
type stageObservation struct {
	*Observation
	stage string
}

func (o *Observation) of(stage string) stageObservation { return stageObservation{o, stage} }

// nats adds the check of the connection: trouble names what is wrong with it.
func (s stageObservation) nats(trouble func() string) {
	s.Health.Add(s.stage+" nats", func() (bool, string) {
		why := trouble()
		return why == "", why
	})
}

// exchange counts what the stage asks of Exchange, and adds the check of the login.
func (s stageObservation) exchange(adapter exchangePorts) *observedExchange {
	o := &observedExchange{adapter: adapter, metrics: s.Metrics}
	s.Health.Add(s.stage+" login", o.login)
	return o
}

// lease shows what read says of the stage's lease, and adds the check that the
// process is a member of its stage: ready is closed when it is one.
func (s stageObservation) lease(ready <-chan struct{}, read func() metrics.Lease) {
	s.Metrics.Lease(s.stage, read)
	s.Health.Add(s.stage+" lease", func() (bool, string) {
		select {
		case <-ready:
		default:
			return false, "not registered among the processes of its stage yet"
		}
		if read().Suspended {
			return false, "suspended: the membership could not be renewed in time"
		}
		return true, ""
	})
}

// streamer counts what a streamer does, and adds the check of its groups.
func (s stageObservation) streamer() streamer.Observer {
	groups := health.NewGroups()
	s.Health.Add(s.stage+" progress", func() (bool, string) { return groups.Progress(time.Now()) })
	return observedStreamer{s.Metrics, groups}
}

// observedStreamer tells metrics and health what a streamer does.
type observedStreamer struct {
	*metrics.Metrics
	groups *health.Groups
}

func (o observedStreamer) Group(state streamer.GroupState) {
	o.Metrics.Group(state)
	o.groups.Group(state, time.Now())
}

func (o observedStreamer) GroupGone(group messages.GroupID) {
	o.Metrics.GroupGone(group)
	o.groups.GroupGone(group)
}

// feeds deliver facts.
type feeds interface {
	Mailboxes(ctx context.Context) (<-chan messages.Recorded, error)
	Groups(ctx context.Context) (<-chan messages.Recorded, error)
}

// observedFeeds are feeds whose deliveries are observed.
type observedFeeds struct {
	from              feeds
	mailboxes, groups func(messages.Recorded)
}

// The feeds that a stage may read.
const (
	feedMailboxes = "mailbox facts"
	feedGroups    = "group facts"
)

// feeds adds the checks that what is stored is read of the feeds that the stage
// reads. The subscriber's, which reads all there is, are shown as metrics.
func (s stageObservation) feeds(from feeds, read ...string) observedFeeds {
	observed := observedFeeds{from, func(messages.Recorded) {}, func(messages.Recorded) {}}
	for _, name := range read {
		observe := s.feed(name)
		if name == feedGroups {
			observed.groups = observe
		} else {
			observed.mailboxes = observe
		}
	}
	return observed
}

func (s stageObservation) feed(name string) func(messages.Recorded) {
	caughtUp := s.Health.AddUntil(s.stage+" "+name, "what is stored is not read yet")
	return func(r messages.Recorded) {
		if r.CaughtUp() {
			caughtUp()
		} else if s.stage == StageSubscriber {
			s.Metrics.Fact(r)
		}
	}
}

// observe is the store of a stage whose feeds are observed.
func observe(p *parts, read ...string) observedStore {
	return observedStore{p.bus, p.observed.feeds(p.bus, read...)}
}

// observedStore is a bus whose feeds are observed.
type observedStore struct {
	*jetbus.Bus
	feeds observedFeeds
}

// Mailboxes delivers what the bus does.
func (o observedStore) Mailboxes(ctx context.Context) (<-chan messages.Recorded, error) {
	return o.feeds.Mailboxes(ctx)
}

// Groups delivers what the bus does.
func (o observedStore) Groups(ctx context.Context) (<-chan messages.Recorded, error) {
	return o.feeds.Groups(ctx)
}

// Mailboxes delivers what the feed does.
func (o observedFeeds) Mailboxes(ctx context.Context) (<-chan messages.Recorded, error) {
	feed, err := o.from.Mailboxes(ctx)
	return tap(ctx, feed, err, o.mailboxes)
}

// Groups delivers what the feed does.
func (o observedFeeds) Groups(ctx context.Context) (<-chan messages.Recorded, error) {
	feed, err := o.from.Groups(ctx)
	return tap(ctx, feed, err, o.groups)
}

// tap tells observe of everything that a feed delivers, before it is passed on.
func tap(ctx context.Context, feed <-chan messages.Recorded, err error, observe func(messages.Recorded)) (<-chan messages.Recorded, error) {
	if err != nil {
		return nil, err
	}
	out := make(chan messages.Recorded)
	go func() {
		defer close(out)
		for r := range feed {
			observe(r)
			select {
			case out <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}
