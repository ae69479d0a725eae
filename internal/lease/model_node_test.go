package lease

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

var errUnknown = errors.New("no answer")

// modelNode is a process of the model. Its faults hold until told otherwise.
type modelNode struct {
	w      *model
	n      int
	runs   int // how often it was started
	m      *machine
	at     uint64 // of the feed
	caught bool

	wall, stood time.Duration // how far the clocks are off: jumps, time in a suspended virtual machine
	jumps       bool          // its wall clock is wrong at times; it does not stand still then

	frozen, suspended, holdPuts, holdAcks, holdFeed, stuck bool

	flights []*flight
	patient map[string]int // slices since the stage was told something of a unit
	delay   int            // slices that the stage takes to do it
}

// flight is a write on its way.
type flight struct {
	write
	began    time.Duration
	executed bool
	seq      uint64
	err      error
}

func (n *modelNode) String() string {
	if n == nil || n.m == nil {
		return "nobody"
	}
	return fmt.Sprintf("process %d.%d (%s, life %d)", n.n, n.runs, n.m.own.id, n.m.own.life)
}

func (n *modelNode) now() instant {
	return instant{mono: n.w.now - n.stood, wall: n.w.now + n.wall}
}

func (n *modelNode) start() {
	n.runs++
	cfg := machineConfig{host: "host", ttl: n.w.ttl, overlap: n.w.overlap}
	if n.w.explicit {
		cfg.id = fmt.Sprint("n", n.n%3) // two are given the same by mistake
	}
	n.m = newMachine(cfg, Member{Incarnation: fmt.Sprintf("%d.%d", n.n, n.runs)})
	n.at, n.caught, n.patient = 0, false, map[string]int{}
	for _, u := range n.w.units {
		n.m.ask(n.m.unit(u))
	}
}

// kill leaves what is in flight to its fate.
func (n *modelNode) kill() {
	n.w.strays = append(n.w.strays, n.flights...)
	n.m, n.flights = nil, nil
	n.heal()
}

func (n *modelNode) heal() {
	n.frozen, n.suspended, n.holdPuts, n.holdAcks, n.holdFeed, n.stuck = false, false, false, false, false, false
}

func (n *modelNode) runsNow() bool { return n.m != nil && !n.frozen && !n.suspended }

// slice lets the node do what it can do now.
func (n *modelNode) slice() {
	n.transmit()
	if !n.runsNow() {
		return
	}
	n.m.tick(n.now(), !n.stuck)
	n.flush()
	n.answer()
	if !n.holdFeed && !n.w.outage {
		n.feed(1 << 30)
	}
	n.work()
	if n.m.fatal != nil || n.m.own.left {
		n.kill()
	}
}

func (n *modelNode) flush() {
	writes := n.m.flush(n.now())
	slices.SortFunc(writes, func(a, b write) int {
		return cmp.Or(cmp.Compare(a.key.Kind, b.key.Kind), cmp.Compare(a.key.Name, b.key.Name))
	})
	for _, w := range writes {
		n.flights = append(n.flights, &flight{write: w, began: n.w.now})
	}
	n.m.notes = nil
}

// transmit brings writes to the store, also those of a process that is frozen now.
func (n *modelNode) transmit() {
	for _, f := range n.flights {
		if !n.holdPuts && !n.w.outage {
			n.w.execute(f)
		}
	}
}

// answer tells the outcome of writes; those that took too long are given up, and
// may be stored even later.
func (n *modelNode) answer() {
	n.transmit()
	for _, f := range slices.Clone(n.flights) {
		switch {
		case f.executed && !n.holdAcks:
			n.land(f, f.seq, f.err)
		case n.w.now-f.began > n.w.ttl/4:
			if !f.executed {
				n.w.strays = append(n.w.strays, f)
			}
			n.land(f, 0, errUnknown)
		}
	}
}

func (n *modelNode) land(f *flight, seq uint64, err error) {
	n.flights = slices.DeleteFunc(n.flights, func(g *flight) bool { return g == f })
	n.m.result(n.now(), f.write, seq, err)
	n.flush()
	n.w.check()
}

// feed delivers records.
func (n *modelNode) feed(most int) {
	for _, r := range n.w.store.after(n.at) {
		if most--; most < 0 {
			return
		}
		n.at = r.Sequence
		n.m.record(n.now(), r)
		n.flush()
	}
	if !n.caught {
		n.caught = true
		n.m.record(n.now(), Record{})
		n.flush()
	}
}

// role is what Keeper.Role would say.
func (n *modelNode) role(unit string) Role {
	if n.m == nil {
		return Role{}
	}
	r := n.m.role(n.m.unit(unit))
	r.Suspended = r.Part == Owner && !n.m.believes(n.now())
	return r
}

// work is the stage: it does what it is told after a while.
func (n *modelNode) work() {
	for _, name := range n.w.units {
		r := n.role(name)
		ends := r.Leaving && (r.Taken || !n.w.overlap || r.To == "")
		if r.Part != Successor && !ends {
			n.patient[name] = 0
			continue
		}
		if n.patient[name]++; n.patient[name] <= n.delay {
			continue
		}
		if ends {
			n.m.release(n.m.unit(name))
		} else {
			n.m.open(n.m.unit(name))
		}
		n.flush()
	}
}
