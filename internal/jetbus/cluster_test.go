package jetbus

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/bustest"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/lease/leasetest"
	"github.com/ewsnats/ewsnats/internal/natsserver"
)

// cluster is three servers that the tests of one function share, each with streams
// of its own.
type cluster struct {
	*natsserver.Cluster
	tests atomic.Int32
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	started, err := natsserver.StartCluster(limited(t), 3, natsserver.Config{})
	must(t, err)
	t.Cleanup(func() {
		if err := started.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return &cluster{Cluster: started}
}

// replicated gives streams with three replicas below a prefix of the test's own,
// and removes them when the test ends.
func (c *cluster) replicated(t *testing.T) func(*Config) {
	t.Helper()
	prefix := fmt.Sprint("t", c.tests.Add(1))
	t.Cleanup(func() {
		b, err := Connect(context.Background(), Config{URL: c.URLs(), Stage: "test", Prefix: prefix, Logger: slog.New(slog.DiscardHandler)})
		must(t, err)
		defer b.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		for _, cfg := range b.cfg.streams() {
			must(t, b.js.DeleteStream(ctx, cfg.Name))
		}
	})
	return func(cfg *Config) {
		cfg.URL, cfg.Prefix, cfg.Replicas, cfg.EventMaxBytes = c.URLs(), prefix, 3, 64<<20
	}
}

func (c *cluster) open(t *testing.T, change func(*Config)) *Bus {
	t.Helper()
	return openBus(t, c.Servers()[0], change)
}

// besideOthers runs a test beside others: most of the time is spent waiting for replicas.
func besideOthers(t *testing.T, test func(*testing.T)) {
	t.Parallel()
	test(t)
}

func TestClusterConformance(t *testing.T) {
	c := startCluster(t)
	bustest.Run(t, besideOthers, func(t *testing.T) bustest.Bus {
		b := c.open(t, c.replicated(t))
		b.queue.inMemory = true
		b.queue.ackWait, b.queue.retryWait, b.queue.nakDelay = 5*time.Second, time.Millisecond, 10*time.Millisecond
		return withLane{b, b.NewLane()}
	})
}

func TestClusterCoordination(t *testing.T) {
	c := startCluster(t)
	killed := 0
	leasetest.Run(t, leasetest.InRealTime, func(t *testing.T) leasetest.Backend {
		replicated := c.replicated(t)
		return leasetest.Backend{
			Open: func(stage string) lease.Store { return c.open(t, replicated).Coordination(stage) },
			Interrupt: func() {
				c.Kill(killed)
				<-time.After(200 * time.Millisecond)
				must(t, c.Restart(killed))
				must(t, c.WaitReady(limited(t)))
				killed = (killed + 1) % 3
			},
		}
	})
}
