package e2e

import (
	"context"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// way is the network between a bubble's stages and its Exchange.
type way struct {
	mu     sync.Mutex
	broken bool
	conns  map[*wire]bool
}

// wire is a connection that can be cut.
type wire struct {
	net.Conn
	way *way
}

// dial connects to the simulator unless the way is broken.
func (b *bubble) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if b.way.isBroken() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	conn, err := b.listener.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &wire{conn, &b.way}
	b.way.mu.Lock()
	defer b.way.mu.Unlock()
	if b.way.conns == nil {
		b.way.conns = map[*wire]bool{}
	}
	b.way.conns[c] = true
	return c, nil
}

func (w *way) isBroken() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

// breaks cuts every connection and refuses new ones.
func (w *way) breaks() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = true
	for c := range w.conns {
		c.Conn.Close()
	}
	clear(w.conns)
}

func (w *way) mends() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = false
}

// Read tells a cut as a reset.
func (c *wire) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && c.way.isBroken() {
		err = &net.OpError{Op: "read", Net: "pipe", Err: syscall.ECONNRESET}
	}
	return n, err
}

func (c *wire) Close() error {
	c.way.mu.Lock()
	delete(c.way.conns, c)
	c.way.mu.Unlock()
	return c.Conn.Close()
}

// The whole Exchange is away for an hour. probeWait bounds how long it is back before
// anyone notices: the breakers' longest wait.
const (
	awayFor    = time.Hour
	probeWait  = 6 * time.Minute
	allBack    = 5 * time.Minute // after that
	inOutage   = 1200            // mailboxes: twice what the first minute of the ramp takes
	firstRate  = 10              // requests a second
	ratePlay   = 2               // by which a second may exceed it, and seconds by which the ramp is older than its first request
	growEvery  = time.Minute
	growFactor = 1.5
)

func TestAfterAnOutageOfTheWholeExchange(t *testing.T) {
	for _, story := range []struct {
		name string
		life time.Duration // of a subscription without a connection
	}{
		{"subscriptions are lost", 30 * time.Minute},
		{"subscriptions are kept", 3 * time.Hour},
	} {
		t.Run(story.name, func(t *testing.T) {
			inBubble(t, exchangesim.Config{SubscriptionLife: story.life}, tellOutageOfExchange)
		})
	}
}

func tellOutageOfExchange(b *bubble) {
	all := populate(b, "a", inOutage, "ex01.sim.test", "Site-A")
	stop := b.run()
	defer stop()
	b.list(all...)
	b.untilAllStream(10 * time.Minute)
	groups := len(b.latestGroups())

	b.way.breaks()
	for range 60 { // minutes; users go on
		b.sim.Deliver(all[0])
		time.Sleep(awayFor / 60)
	}
	back := time.Now()
	b.way.mends()
	b.untilAllStream(probeWait + allBack)
	b.t.Logf("all %d mailboxes in %d groups stream %s after Exchange came back", inOutage, groups, time.Since(back))
	b.checkRamp(back)
	b.settle()
	b.sound()
}

// untilAllStream looks seldom: with thousands of mailboxes a look takes its time.
func (b *bubble) untilAllStream(atMost time.Duration) {
	b.t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Second) {
		synctest.Wait()
		have, counts := len(b.streaming()), b.sim.Counts()
		if have == inOutage && counts.Subscriptions == inOutage && counts.Connections == len(b.latestGroups()) {
			return
		}
		if time.Since(began) > atMost {
			b.t.Fatalf("not within %s: %d of %d mailboxes stream", atMost, have, inOutage)
		}
	}
}

// checkRamp holds the requests of every second against the ramp.
func (b *bubble) checkRamp(back time.Time) {
	var begun []time.Time
	operations := map[string]int{}
	for _, r := range b.sim.Truth().Requests {
		if r.At.Before(back) {
			continue
		}
		operations[r.Operation]++
		if r.Operation == "Subscribe" || r.Operation == "Unsubscribe" {
			begun = append(begun, r.At)
		}
	}
	b.t.Logf("requests: %v", operations)
	first := 0
	for last, at := range begun {
		for at.Sub(begun[first]) >= time.Second {
			first++
		}
		most := float64(firstRate)
		for grown := growEvery - ratePlay*time.Second; grown <= at.Sub(begun[0]); grown += growEvery {
			most *= growFactor
		}
		if have := last - first + 1; float64(have) > most+ratePlay {
			b.t.Errorf("%d requests in the second before %s, want %.0f at most", have, at.Sub(back), most)
			return
		}
	}
}
