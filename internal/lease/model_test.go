package lease

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is a stage of some processes with everything that can happen to them.
type model struct {
	t                 *rapid.T
	ttl               time.Duration
	overlap, explicit bool
	units             []string
	now               time.Duration
	store             *modelStore
	outage            bool
	nodes             []*modelNode
	strays            []*flight // writes that nobody waits for, and that may be stored yet
	tokens            map[string]believer
}

// believer is who believed in a unit last.
type believer struct {
	token uint64
	who   string
}

const slice = 100 * time.Millisecond

func TestModel(t *testing.T) {
	for i := range 8 { // each with another seed
		overlap, explicit := i&1 > 0, i&2 > 0
		t.Run(fmt.Sprintf("overlap=%t,explicit=%t", overlap, explicit), rapid.MakeCheck(func(t *rapid.T) {
			w := newModel(t, overlap, explicit)
			for range rapid.IntRange(10, 80).Draw(t, "steps") {
				w.step()
				w.check()
			}
			w.calm()
		}))
	}
}

func newModel(t *rapid.T, overlap, explicit bool) *model {
	w := &model{
		t: t, ttl: 6 * time.Second, overlap: overlap, explicit: explicit,
		store: newModelStore(), tokens: map[string]believer{},
	}
	for i := range 5 {
		w.units = append(w.units, fmt.Sprint("unit", i))
	}
	for i := range rapid.IntRange(2, 4).Draw(t, "nodes") {
		n := &modelNode{w: w, n: i, delay: rapid.IntRange(0, 15).Draw(t, "delay"), jumps: rapid.Bool().Draw(t, "jumps")}
		w.nodes = append(w.nodes, n)
		if i == 0 || rapid.Bool().Draw(t, "starts") {
			n.start()
		}
	}
	return w
}

// step lets one thing happen.
func (w *model) step() {
	n := w.nodes[rapid.IntRange(0, len(w.nodes)-1).Draw(w.t, "node")]
	switch action := rapid.SampledFrom(actions).Draw(w.t, "action"); action {
	case "pass":
		w.pass(rapid.IntRange(1, 15).Draw(w.t, "slices"))
	case "pass long":
		w.pass(rapid.IntRange(15, 80).Draw(w.t, "slices"))
	case "outage":
		w.outage = !w.outage
	case "stray":
		w.stray()
	case "expire":
		if keys := w.store.members(); len(keys) > 0 {
			w.store.expire(rapid.SampledFrom(keys).Draw(w.t, "member"))
		}
	case "start":
		if n.m == nil {
			n.start()
		}
	default:
		if n.m != nil {
			w.happen(n, action)
		}
	}
}

var actions = []string{
	"pass", "pass", "pass", "pass", "pass", "pass long", "pass long", "outage", "stray", "stray", "expire", "start", "start",
	"kill", "freeze", "suspend", "hold puts", "hold acks", "hold feed", "heal", "heal", "heal", "execute", "feed", "tick", "jump", "leave", "stuck",
}

// happen does something to a process that was started.
func (w *model) happen(n *modelNode, action string) {
	switch action {
	case "kill":
		n.kill()
	case "freeze":
		n.frozen = true
	case "suspend":
		n.suspended = !n.jumps // what is assumed: the wall clock of a machine that stands still goes on
	case "hold puts":
		n.holdPuts = true
	case "hold acks":
		n.holdAcks = true
	case "hold feed":
		n.holdFeed = true
	case "stuck":
		n.stuck = true
	case "heal":
		n.heal()
	case "execute": // a write of a process that may be frozen arrives
		if len(n.flights) > 0 && !w.outage {
			w.execute(n.flights[rapid.IntRange(0, len(n.flights)-1).Draw(w.t, "flight")])
		}
	case "feed":
		if n.runsNow() {
			n.feed(rapid.IntRange(1, 5).Draw(w.t, "records"))
		}
	case "tick":
		if n.runsNow() {
			n.slice()
		}
	case "jump":
		if n.jumps {
			n.wall += time.Duration(rapid.IntRange(-100, 100).Draw(w.t, "jump")) * slice
		}
	case "leave":
		n.m.leave()
	}
}

// execute stores a write, or refuses it.
func (w *model) execute(f *flight) {
	if !f.executed {
		f.executed = true
		f.seq, f.err = w.store.put(f.key, f.value, f.expected)
	}
}

// stray lets a write arrive that its writer has given up.
func (w *model) stray() {
	if len(w.strays) > 0 && !w.outage {
		i := rapid.IntRange(0, len(w.strays)-1).Draw(w.t, "stray")
		w.execute(w.strays[i])
		w.strays = append(w.strays[:i:i], w.strays[i+1:]...)
	}
}

// pass lets time pass, and everyone do what he can do.
func (w *model) pass(slices int) {
	for range slices {
		w.now += slice
		for _, n := range w.nodes {
			if n.suspended {
				n.stood += slice
			}
		}
		w.check()
		for _, n := range w.nodes {
			n.slice()
			w.check()
		}
	}
}

// check is what holds at any moment: also a process that is frozen might wake just
// now, and ask for its roles before anything else.
func (w *model) check() {
	for _, unit := range w.units {
		believers := 0
		for _, n := range w.nodes {
			r := n.role(unit)
			if !r.Decides() {
				continue
			}
			believers++
			last, is := w.tokens[unit], believer{r.Token, fmt.Sprint(n.n, ".", n.runs, ".", n.m.own.life)}
			if is.token < last.token || is.token == last.token && is.who != last.who {
				w.t.Fatalf("%v: %s is believed in by %v, after %v", w.now, unit, is, last)
			}
			w.tokens[unit] = is
		}
		if believers > 1 {
			w.t.Fatalf("%v: %d processes believe to own %s", w.now, believers, unit)
		}
	}
}

// calm ends all faults: soon everything is where it should be.
func (w *model) calm() {
	w.outage = false
	for len(w.strays) > 0 {
		w.stray()
	}
	for _, n := range w.nodes {
		n.heal()
		if n.m != nil && n.m.leaving {
			n.m.stop(n.now())
		}
	}
	w.pass(int((2*w.ttl + 3*time.Second + 5*time.Second) / slice))
	for _, unit := range w.units {
		var best, owner *modelNode
		for _, n := range w.nodes {
			if n.m == nil {
				continue
			}
			if best == nil || score(hash(n.m.own.id), hash(unit)) > score(hash(best.m.own.id), hash(unit)) {
				best = n
			}
			if n.role(unit).Decides() {
				owner = n
			}
		}
		if owner != best {
			w.t.Fatalf("%v: %s is owned by %v, want %v", w.now, unit, owner, best)
		}
	}
}
