package app

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nuid"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/discoverer"
	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/internal/subscriber"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// The names of the stages: of connections, dead letters and in the log.
const (
	StageDiscoverer = "discoverer"
	StageSubscriber = "subscriber"
	StageStreamer   = "streamer"
)

// listInterval is how often the mailbox list is looked at.
const listInterval = time.Second

// stage is an actor that opens a stage's way to NATS and to Exchange, and runs it.
func stage(cfg *config.Config, name string, log *slog.Logger,
	run func(context.Context, *jetbus.Bus, *exchange.Adapter) error) Actor {
	return func(ctx context.Context) error {
		bus, err := OpenBus(ctx, cfg, name, log)
		if err != nil {
			return err
		}
		defer bus.Close()
		adapter, client, err := newExchange(cfg, bus.Logins(), log)
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		return run(ctx, bus, adapter)
	}
}

// Discoverer runs the discoverer stage until ctx ends.
func Discoverer(cfg *config.Config, log *slog.Logger) Actor {
	return stage(cfg, StageDiscoverer, log, func(ctx context.Context, bus *jetbus.Bus, adapter *exchange.Adapter) error {
		return discoverer.New(discoverer.Config{
			Batch: cfg.Discoverer.Batch, Refresh: cfg.Discoverer.Refresh,
			ConfirmWithdrawals: cfg.Mailboxes.ConfirmWithdrawals, Logger: log,
		}, discoverer.Ports{
			Feed: bus, Recorder: bus, Autodiscover: adapter, Ownership: sole[messages.Partition]{},
			Lists: maillist.Watch(ctx, cfg.Mailboxes.List, listInterval),
			NewID: nuid.Next, Random: rand.Float64,
		}).Run(ctx)
	})
}

// Subscriber runs the subscriber stage until ctx ends.
func Subscriber(cfg *config.Config, log *slog.Logger) Actor {
	return stage(cfg, StageSubscriber, log, func(ctx context.Context, bus *jetbus.Bus, adapter *exchange.Adapter) error {
		return subscriber.New(subscriber.Config{
			GroupSize: cfg.Groups.Size, Quiet: cfg.Groups.Quiet, Concurrency: cfg.Exchange.Concurrency,
			NewID: nuid.Next, Random: rand.Float64, Logger: log,
		}, bus, adapter, sole[messages.Partition]{}).Run(ctx)
	})
}

// Streamer runs the streamer stage until ctx ends and what was read is stored.
func Streamer(cfg *config.Config, log *slog.Logger) Actor {
	return stage(cfg, StageStreamer, log, func(ctx context.Context, bus *jetbus.Bus, adapter *exchange.Adapter) error {
		return streamer.New(streamer.Config{
			Drain: cfg.Drain * 4 / 5, NewID: nuid.Next, Random: rand.Float64, Logger: log,
		}, bus, bus.NewLane(), adapter, sole[messages.GroupID]{}).Run(ctx)
	})
}
