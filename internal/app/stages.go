package app

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nuid"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/discoverer"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/internal/metrics"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/internal/subscriber"
	"github.com/ewsnats/ewsnats/internal/wiretrace"
)

// The names of the stages: of connections, members and dead letters, and in the log.
const (
	StageDiscoverer = "discoverer"
	StageSubscriber = "subscriber"
	StageStreamer   = "streamer"
)

// listInterval is how often the mailbox list is looked at.
const listInterval = time.Second

// Stage makes the actor that runs a stage of a process.
type Stage func(*config.Config, *slog.Logger, *Observation) Actor

// parts is what a stage is built of.
type parts struct {
	bus      *jetbus.Bus
	lane     *jetbus.Lane // the streamer's
	exchange *observedExchange
	keeper   *lease.Keeper
	observed stageObservation
}

// stage is an actor that opens a stage's way to NATS and to Exchange, and runs it as
// one of the processes that share its work.
func stage(cfg *config.Config, name string, log *slog.Logger, o *Observation, run func(context.Context, *parts) error) Actor {
	observed := o.of(name)
	return func(ctx context.Context) error {
		bus, err := OpenBus(ctx, cfg, name, log)
		if err != nil {
			return err
		}
		defer bus.Close()
		tracer := wiretrace.Start(traceConfig(cfg), name, log)
		defer tracer.Close()
		o.onReload(func(cfg *config.Config) { tracer.Set(traceConfig(cfg)) })
		o.Metrics.Trace(name, tracer.Stats)
		agent := &agent{}
		adapter, client, err := newExchange(cfg, bus.Logins(), agent, tracer, log, o)
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		p := &parts{bus: bus, exchange: observed.exchange(adapter), observed: observed}
		trouble, progress := bus.Trouble, func() error { return nil }
		if name == StageStreamer {
			p.lane = bus.NewLane()
			trouble, progress = p.lane.Trouble, p.lane.Progress
		}
		observed.nats(trouble)
		p.keeper = newKeeper(cfg, name, bus, progress, log)
		observed.lease(p.keeper.Ready(), func() metrics.Lease { return leaseOf(p.keeper) })
		agent.names(name, p.keeper.ID)
		err = asMember(ctx, p.keeper, func(ctx context.Context) error {
			var following sync.WaitGroup
			defer following.Wait()
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			if cfg.Exchange.TLS.Insecure {
				following.Go(func() { warnOfInsecurity(ctx, log) })
			}
			if name == StageDiscoverer { // of the other stages one process alone asks an endpoint, or keeps a pace
				following.Go(func() { followMembers(ctx, p.keeper, adapter.SetMembers) })
			}
			return run(ctx, p)
		})
		if ctx.Err() == nil && bus.FeedError() != nil {
			return WithExitCode(ExitTemporary, bus.FeedError())
		}
		return err
	}
}

// Discoverer runs the discoverer stage until ctx ends.
func Discoverer(cfg *config.Config, log *slog.Logger, o *Observation) Actor {
	again := make(chan struct{}, 1)
	o.onReload(func(*config.Config) {
		select {
		case again <- struct{}{}:
		default: // it will be read again in any case
		}
	})
	return stage(cfg, StageDiscoverer, log, o, func(ctx context.Context, p *parts) error {
		return discoverer.New(discoverer.Config{
			Batch: cfg.Discoverer.Batch, Refresh: cfg.Discoverer.Refresh,
			ConfirmWithdrawals: cfg.Mailboxes.ConfirmWithdrawals, Logger: log,
		}, discoverer.Ports{
			Feed: p.observed.feeds(p.bus, feedMailboxes), Recorder: p.bus, Autodiscover: p.exchange, Ownership: partitions{p.keeper},
			Lists: maillist.Watch(ctx, cfg.Mailboxes.List, listInterval, again),
			NewID: nuid.Next, Random: rand.Float64,
		}).Run(ctx)
	})
}

// Subscriber runs the subscriber stage until ctx ends.
func Subscriber(cfg *config.Config, log *slog.Logger, o *Observation) Actor {
	return stage(cfg, StageSubscriber, log, o, func(ctx context.Context, p *parts) error {
		return subscriber.New(subscriber.Config{
			GroupSize: cfg.Groups.Size, Quiet: cfg.Groups.Quiet, Concurrency: cfg.Exchange.Concurrency,
			NewID: nuid.Next, Random: rand.Float64, Logger: log,
		}, observe(p, feedMailboxes, feedGroups), p.exchange, partitions{p.keeper}).Run(ctx)
	})
}

// Streamer runs the streamer stage until ctx ends, its groups are handed over, and
// what was read is stored.
func Streamer(cfg *config.Config, log *slog.Logger, o *Observation) Actor {
	return stage(cfg, StageStreamer, log, o, func(ctx context.Context, p *parts) error {
		o.Metrics.Lane(func() metrics.Lane {
			s := p.lane.Stats()
			return metrics.Lane{Duplicates: s.Duplicates, Restarts: s.Restarts, Regressions: s.Regressions}
		})
		return streamer.New(streamer.Config{
			Drain: cfg.Drain * 4 / 5, NewID: nuid.Next, Random: rand.Float64, Logger: log, Observer: p.observed.streamer(),
		}, observe(p, feedGroups), p.lane, p.exchange, groups{p.keeper}).Run(ctx)
	})
}
