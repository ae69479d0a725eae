package e2e

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/internal/natsserver"
)

// startCluster starts three NATS servers in the test's process.
func (c *cast) startCluster() {
	c.t.Helper()
	servers, err := natsserver.StartCluster(c.root.Context(), 3, natsserver.Config{Dir: c.path("cluster")})
	if err != nil {
		c.t.Fatal(err)
	}
	c.root.Cleanup(func() {
		if err := servers.Shutdown(); err != nil {
			c.root.Error(err)
		}
	})
	c.servers, c.natsURL, c.replicas = servers, servers.URLs(), 3
}

// TestAClusterThatLosesAServer stops one of three NATS servers at a time, and kills
// a streamer while one is away: two of three replicas are enough. Some of the deaths
// fall into the moments in which the claims have no leader.
func TestAClusterThatLosesAServer(t *testing.T) {
	t.Parallel()
	if os.Getenv("EWSNATS_CLUSTER_ROUNDS") == "" {
		t.Skip("three servers beside all other tests are more than two cores carry: task chaos runs it, or set EWSNATS_CLUSTER_ROUNDS")
	}
	n := rounds(t, "EWSNATS_CLUSTER_ROUNDS", 4)
	c := newCast(t, scene{crew: crew{1, 2, 2}, mailboxes: 60, groupSize: 10, cluster: true})
	rest := c.users(20, c.seed)
	for round := range n {
		i, at := round%3, time.Now()
		c.servers.Kill(i)
		if round%4 == 1 {
			c.kill(c.any(c.of("streamer")), time.Second)
		}
		c.untilLed()
		c.outage(audit.Outage{What: "election", Store: true, From: at})
		if round%4 == 3 {
			c.kill(c.any(c.of("streamer")), time.Second)
		}
		c.untilWhole(90 * time.Second)
		if err := c.servers.Restart(i); err != nil {
			t.Fatal(err)
		}
		if err := c.servers.WaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.outage(audit.Outage{What: "NATS server", From: at})
	}
	rest()
	c.conclude("cluster", n)
}

// untilLed waits until the claims can be read anew: their stream has a leader, and so
// has the cluster, which gives consumers their place.
func (c *cast) untilLed() {
	c.t.Helper()
	connection, err := nats.Connect(c.natsURL)
	if err != nil {
		c.t.Fatal(err)
	}
	defer connection.Close()
	js, err := jetstream.New(connection)
	if err != nil {
		c.t.Fatal(err)
	}
	c.until("the claims have a leader", 60*time.Second, func() bool {
		ctx, cancel := context.WithTimeout(c.t.Context(), time.Second)
		defer cancel()
		_, err := js.CreateConsumer(ctx, "EWS_COORD", jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, InactiveThreshold: time.Second, MemoryStorage: true, Replicas: 1})
		return err == nil
	})
}
