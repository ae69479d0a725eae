package natsserver

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestCluster(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := StartCluster(ctx, 3, Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Shutdown(); err != nil {
			t.Error(err)
		}
	}()
	urls := c.URLs()
	leader := c.leader()
	c.Kill(leader)
	if err := dial(c.Servers()[leader]); err == nil {
		t.Error("a killed server takes connections")
	}
	if err := c.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	if c.leader() == leader {
		t.Errorf("server %d leads although it was killed", leader)
	}
	if err := c.Restart(leader); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	if got := c.URLs(); got != urls || strings.Count(got, ",") != 2 {
		t.Errorf("after a restart the servers are at %s, before at %s", got, urls)
	}
	if got := c.LeaderOf("nothing"); got != -1 {
		t.Errorf("server %d leads a stream that is not there", got)
	}
}

func (c *Cluster) leader() int {
	for i, s := range c.servers {
		if ns := s.current(); ns.Running() && ns.JetStreamIsLeader() {
			return i
		}
	}
	return -1
}

func TestClusterFailures(t *testing.T) {
	if _, err := StartCluster(t.Context(), 3, Config{Port: 4222}); err == nil || !strings.Contains(err.Error(), "leave it 0") {
		t.Errorf("with one port: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := StartCluster(ctx, 3, Config{}); err == nil || !strings.Contains(err.Error(), "agree on a leader") {
		t.Errorf("without time: error %v", err)
	}
}
