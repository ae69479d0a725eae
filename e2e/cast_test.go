package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// cast is the pipeline with several processes of each stage, and what a test did
// to them.
type cast struct {
	*system
	random     *rand.Rand
	seed       uint64
	began      time.Time
	coord      *coordination
	nodes      []*node
	all        int // mailboxes
	groupCount int
	servers    *natsserver.Cluster // of NATS; nil: one process

	outages []audit.Outage
	struck  map[string]int // faults by what they hit
}

// node is a place where a process of a stage runs, again and again.
type node struct {
	stage string
	name  string   // its --id, when it is given one
	args  []string // besides the configuration
	p     *process
}

// crew is how many processes of each stage there are.
type crew struct{ discoverers, subscribers, streamers int }

// scene says what a cast plays.
type scene struct {
	crew      crew
	mailboxes int
	groupSize int
	more      string                      // configuration
	cluster   bool                        // of three NATS servers, with three replicas of each stream
	prepare   func(*cast)                 // before anything is configured
	args      func(*cast, *node) []string // of each process
}

// newCast starts everything and waits until every mailbox streams.
func newCast(t *testing.T, sc scene) *cast {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if fixed, err := strconv.ParseUint(os.Getenv("EWSNATS_CHAOS_SEED"), 10, 64); err == nil {
		seed = fixed
	}
	t.Logf("EWSNATS_CHAOS_SEED=%d", seed)
	c := &cast{system: emptySystem(t), random: rand.New(rand.NewPCG(seed, 0)), seed: seed, began: time.Now(),
		all: sc.mailboxes, groupCount: (sc.mailboxes + sc.groupSize - 1) / sc.groupSize, struck: map[string]int{}}
	if sc.cluster {
		c.startCluster()
	} else {
		c.startNATS("127.0.0.1:0")
	}
	c.startSimulator("-mailboxes", fmt.Sprint(sc.mailboxes), "-servers", "1", "-keys", "1")
	if sc.prepare != nil {
		sc.prepare(c)
	}
	c.configure(fmt.Sprintf("groups: {size: %d}\n%s", sc.groupSize, sc.more))
	c.observe()
	c.coord = watchCoordination(t, c.natsURL)
	c.list(names(1, sc.mailboxes))
	for stage, n := range map[string]int{"discoverer": sc.crew.discoverers, "subscriber": sc.crew.subscribers, "streamer": sc.crew.streamers} {
		for i := range n {
			c.add(sc, stage, i+1)
		}
	}
	slices.SortFunc(c.nodes, func(a, b *node) int { return strings.Compare(a.stage+a.name, b.stage+b.name) }) // the seed decides who is hit
	c.untilWhole(60 * time.Second)
	return c
}

// add starts one more process.
func (c *cast) add(sc scene, stage string, number int) *node {
	n := &node{stage: stage, name: fmt.Sprintf("%s-%d", stage, number)}
	if sc.args != nil {
		n.args = sc.args(c, n)
	}
	c.nodes = append(c.nodes, n)
	c.run(n, true)
	return n
}

// run starts the process of a node, under its own id or under one it finds itself.
func (c *cast) run(n *node, named bool) {
	args := append([]string{"--config", c.path("ewsnats.yaml")}, n.args...)
	if named {
		args = append(args, "--id", n.name)
	}
	n.p = start(c.root, n.stage, args...)
}

// of are the nodes of a stage.
func (c *cast) of(stage string) []*node {
	return slices.DeleteFunc(slices.Clone(c.nodes), func(n *node) bool { return n.stage != stage })
}

// any chooses one.
func (c *cast) any(nodes []*node) *node { return nodes[c.random.IntN(len(nodes))] }

// between chooses a time.
func (c *cast) between(least, most time.Duration) time.Duration {
	return least + time.Duration(c.random.Int64N(int64(most-least)))
}

// outage notes a fault that ends now.
func (c *cast) outage(o audit.Outage) {
	o.To = time.Now()
	c.outages = append(c.outages, o)
	c.struck[o.What]++
}

// kill ends the process of a node without a word, and starts it again after a while.
func (c *cast) kill(n *node, down time.Duration) {
	member := c.coord.memberOf(n.stage, n.p.cmd.Process.Pid)
	at := time.Now()
	c.slay(n.p)
	<-time.After(down)
	c.run(n, c.random.IntN(3) > 0)
	c.outage(audit.Outage{What: n.stage, Member: member, From: at})
}

// killNATS does that to the NATS server.
func (c *cast) killNATS(down time.Duration) {
	at := time.Now()
	c.slay(c.nats)
	<-time.After(down)
	c.startNATS(strings.TrimPrefix(c.natsURL, "nats://"))
	c.outage(audit.Outage{What: "NATS", Store: true, From: at})
}

// slay kills a process, which must have lived until now.
func (c *cast) slay(p *process) {
	c.t.Helper()
	select {
	case <-p.ended:
		c.t.Fatalf("%s ended by itself with code %d\n%s", p.name, p.cmd.ProcessState.ExitCode(), p.log.tail(30))
	default:
	}
	p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.ended
}

// whole reports whether every mailbox streams and every group is connected.
func (c *cast) whole() bool {
	if len(c.streaming()) != c.all {
		return false
	}
	var counts exchangesim.Counts
	c.get("counts", &counts)
	_, unsettled := c.coord.owned()
	return counts.Connections == c.groupCount && unsettled == 0
}

func (c *cast) untilWhole(atMost time.Duration) {
	c.t.Helper()
	c.until("every mailbox streams and every group is connected", atMost, c.whole)
}

// conclude lets everything come to rest and holds what is stored against what
// happened.
func (c *cast) conclude(title string, rounds int) {
	c.t.Helper()
	c.untilWhole(60 * time.Second)
	c.untilClaimed(60 * time.Second)
	report := c.sound()
	gaps, owners := c.checkGaps(), c.checkOwners()
	if len(gaps.TooLong) > 0 {
		c.t.Errorf("gaps that are too long: %s", gaps)
	}
	if !owners.Sound() {
		c.t.Errorf("ownership: %s", owners)
	}
	for _, n := range c.nodes {
		select {
		case <-n.p.ended:
			c.t.Errorf("%s ended by itself with code %d", n.name, n.p.cmd.ProcessState.ExitCode())
		default:
		}
	}
	for _, stage := range partitioned {
		work := c.checkWork(stage)
		if !work.Sound() {
			c.t.Errorf("ownership of the %ss: %s", stage, work)
		}
		c.t.Logf("SUMMARY %s, %ss: %s", title, stage, work)
	}
	c.t.Logf("SUMMARY %s: %d rounds in %.0f s, struck %v; %s; %s; %s", title, rounds, time.Since(c.began).Seconds(), c.struck, report, gaps, owners)
}

// partitioned are the stages whose units are partitions.
var partitioned = []string{"discoverer", "subscriber"}

// untilClaimed waits until their partitions have owners that live: the last fault may
// have been a moment ago.
func (c *cast) untilClaimed(atMost time.Duration) {
	c.t.Helper()
	c.until("every partition of a dead process is claimed", atMost, func() bool {
		return !slices.ContainsFunc(partitioned, func(stage string) bool { return len(c.checkWork(stage).Orphans) > 0 })
	})
}

func (c *cast) checkWork(stage string) audit.Owners {
	return audit.CheckOwners(audit.Ownership{Claims: c.coord.work(stage), Outages: c.outagesOf(stage)})
}

func (c *cast) checkGaps() audit.Gaps {
	c.mu.Lock()
	defer c.mu.Unlock()
	return audit.CheckGaps(c.stored, c.outages)
}

// outagesOf are the faults that concern a stage: its own, and those of the network and of NATS.
func (c *cast) outagesOf(stage string) []audit.Outage {
	return slices.DeleteFunc(slices.Clone(c.outages), func(o audit.Outage) bool { return o.Member != "" && o.What != stage })
}

// agentPrefix begins the User-Agent of streamers that are members.
const agentPrefix = "ewsnats/streamer/"

func (c *cast) checkOwners() audit.Owners {
	var truth exchangesim.Truth
	c.get("truth", &truth)
	o := audit.Ownership{Connections: truth.Connections, Outages: c.outagesOf("streamer"), Until: time.Now(), Group: c.groupOf()}
	o.Claims, o.Deeds = c.coord.log()
	o.Member = func(agent string) string {
		member, ok := strings.CutPrefix(agent, agentPrefix)
		if !ok {
			return ""
		}
		return member
	}
	return audit.CheckOwners(o)
}

// groupOf is the group of every subscription that was ever stored.
func (c *cast) groupOf() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := map[string]string{}
	for id, group := range c.subscriptions {
		of[string(id)] = string(group)
	}
	return of
}

// rounds is how many rounds a test plays: a number from the environment, or a few.
func rounds(t *testing.T, variable string, few int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q: write a number of rounds, 1 or more", variable, text)
	}
	return n
}

// openings are the events of a kind that were recorded in a time, by mailbox.
func recorded[E messages.Event](c *cast, from, to time.Time) map[messages.Address]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := map[messages.Address]int{}
	for _, e := range c.stored {
		if event, ok := e.Event.(E); ok && event.Meta().Recorded.After(from) && event.Meta().Recorded.Before(to) {
			found[event.Meta().Mailbox]++
		}
	}
	return found
}
