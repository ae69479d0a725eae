package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/internal/faultproxy"
)

// TestNetworkFaults breaks the network between the stages and NATS, and between
// them and Exchange, under load.
func TestNetworkFaults(t *testing.T) {
	t.Parallel()
	n := rounds(t, "EWSNATS_NETWORK_ROUNDS", 4)
	net := &network{t: t, toNATS: map[*node]*faultproxy.Proxy{}}
	c := newCast(t, scene{crew: wholeCrew(), mailboxes: 60, groupSize: 10, more: "streamer: {silence: 5s}",
		prepare: func(c *cast) {
			net.toExchange = net.proxy(c, strings.TrimPrefix(c.simURL, "http://"))
			c.ewsURL = "http://" + net.toExchange.Addr()
		},
		args: func(c *cast, n *node) []string {
			net.toNATS[n] = net.proxy(c, strings.TrimPrefix(c.natsURL, "nats://"))
			return []string{"--nats-url", "nats://" + net.toNATS[n].Addr()}
		}})
	rest := c.users(50, c.seed)
	for range n {
		link, what := net.toExchange, "Exchange"
		if c.random.IntN(2) == 0 {
			n := c.any(c.nodes)
			link, what = net.toNATS[n], "NATS and "+n.stage
		}
		c.disturb(link, what)
		c.untilWhole(90 * time.Second)
	}
	rest()
	c.conclude("network", n)
}

// network is the proxies between the parts.
type network struct {
	t          *testing.T
	toExchange *faultproxy.Proxy // of all stages
	toNATS     map[*node]*faultproxy.Proxy
}

func (n *network) proxy(c *cast, target string) *faultproxy.Proxy {
	p, err := faultproxy.Start(faultproxy.Config{Target: target, Seed: c.seed})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			n.t.Error(err)
		}
	})
	return p
}

// disturb breaks a link in one of the ways in which networks break, for a while.
func (c *cast) disturb(link *faultproxy.Proxy, between string) {
	at := time.Now()
	what := c.toxic(link)
	<-time.After(c.between(time.Second, 8*time.Second))
	link.Set(faultproxy.Toxics{})
	c.t.Logf("%s: %s for %.1f s", between, what, time.Since(at).Seconds())
	c.outage(audit.Outage{What: what + ", " + between, From: at})
}

// toxic chooses what happens to a link.
func (c *cast) toxic(link *faultproxy.Proxy) (what string) {
	none := func(int) faultproxy.Toxics { return faultproxy.Toxics{} }
	switch c.random.IntN(6) {
	case 0:
		link.Set(faultproxy.Both(faultproxy.Toxic{Latency: c.between(50*time.Millisecond, 400*time.Millisecond), Jitter: 200 * time.Millisecond}))
		return "latency"
	case 1:
		link.Set(faultproxy.Both(faultproxy.Toxic{Chunk: 1}))
		return "bytes"
	case 2:
		link.Set(faultproxy.Toxics{ToClient: faultproxy.Toxic{CutAfter: 1 + c.random.IntN(3000), Reset: c.random.IntN(2) == 0}})
		link.Script(none) // the connections that follow live
		return "cut"
	case 3:
		link.Set(faultproxy.Toxics{ToServer: faultproxy.Toxic{Stall: true}})
		return "half-open to the server"
	case 4:
		link.Set(faultproxy.Toxics{ToClient: faultproxy.Toxic{Stall: true}})
		return "half-open to the client"
	}
	link.Set(faultproxy.Both(faultproxy.Toxic{Stall: true}))
	return "half-open"
}
