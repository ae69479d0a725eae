package app

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/metrics"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// newKeeper makes the keeper of a stage's membership. The discoverer and the
// subscriber share fixed partitions, the streamer groups, which are handed over by
// overlap.
func newKeeper(cfg *config.Config, stage string, bus *jetbus.Bus, progress func() error, log *slog.Logger) *lease.Keeper {
	settings := lease.Config{Stage: stage, ID: cfg.ID, TTL: cfg.Lease.TTL, Progress: progress, Logger: log}
	if stage == StageStreamer {
		settings.Overlap = true
	} else {
		for p := range messages.Partition(messages.Partitions) {
			settings.Units = append(settings.Units, unitOf(p))
		}
	}
	return lease.New(settings, bus.Coordination(stage))
}

// asMember runs a stage as a member: registered before it begins, until after it
// has ended.
func asMember(ctx context.Context, keeper *lease.Keeper, run func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	keeping, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	kept := make(chan error, 1)
	go func() {
		defer cancel()
		kept <- keeper.Run(keeping)
	}()
	err := run(ctx)
	end()
	if failure := <-kept; failure != nil {
		return WithExitCode(ExitConfig, failure)
	}
	return err
}

// followMembers tells how many processes of the stage live, until ctx ends.
func followMembers(ctx context.Context, keeper *lease.Keeper, set func(int)) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		set(keeper.Members())
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// leaseOf is what metrics show of a keeper.
func leaseOf(keeper *lease.Keeper) metrics.Lease {
	s := keeper.State()
	return metrics.Lease{Held: s.Held, Members: s.Members, Suspended: s.Suspended, Takeovers: s.Takeovers, LastTakeover: s.LastTakeover}
}

// groups fits a keeper to the streamer: its units are groups.
type groups struct{ *lease.Keeper }

func (g groups) Role(id messages.GroupID) lease.Role { return g.Keeper.Role(string(id)) }
func (g groups) Opened(id messages.GroupID)          { g.Keeper.Opened(string(id)) }
func (g groups) Release(id messages.GroupID)         { g.Keeper.Release(string(id)) }
func (g groups) Forget(id messages.GroupID)          { g.Keeper.Forget(string(id)) }

// partitions fits a keeper to the discoverer and the subscriber: its units are
// numbered.
type partitions struct{ *lease.Keeper }

func unitOf(p messages.Partition) string { return strconv.Itoa(int(p)) }

func (k partitions) Owns(p messages.Partition) bool { return k.Keeper.Owns(unitOf(p)) }
func (k partitions) Release(p messages.Partition)   { k.Keeper.Release(unitOf(p)) }

// Yielding are the partitions that are to go to another process.
func (k partitions) Yielding() []messages.Partition {
	var yielding []messages.Partition
	for p := range messages.Partition(messages.Partitions) {
		if role := k.Role(unitOf(p)); role.Leaving && !role.Suspended {
			yielding = append(yielding, p)
		}
	}
	return yielding
}
