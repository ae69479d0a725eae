package lease_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/lease/leasemem"
)

// world is a stage of many processes in a bubble: time is fake.
type world struct {
	t       *testing.T
	log     *leasemem.Log
	units   []string
	overlap bool
	idle    bool // the stages do nothing by themselves
	all     []*process
}

// process is one of them.
type process struct {
	*lease.Keeper
	store *leasemem.Client
	stop  context.CancelFunc
	ended chan error
}

func inWorld(t *testing.T, units int, story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, log: leasemem.New()}
		for i := range units {
			w.units = append(w.units, fmt.Sprint("unit-", i))
		}
		defer w.end()
		story(w)
	})
}

// start starts a process, with an explicit id unless it is empty.
func (w *world) start(id string) *process {
	return w.startWith(lease.Config{ID: id})
}

func (w *world) startWith(cfg lease.Config) *process {
	cfg.Stage, cfg.Host, cfg.Overlap, cfg.Units = "stage", "host", w.overlap, w.units
	ctx, cancel := context.WithCancel(w.t.Context())
	store := w.log.Client()
	p := &process{Keeper: lease.New(cfg, store), store: store, stop: cancel, ended: make(chan error, 1)}
	go func() { p.ended <- p.Run(ctx) }()
	if !w.idle {
		go p.work(ctx, w.units, w.overlap)
	}
	w.all = append(w.all, p)
	synctest.Wait()
	return p
}

// work does what a stage does: it hands over what is to be handed over.
func (p *process) work(ctx context.Context, units []string, overlap bool) {
	for changes := p.Watch(); ; {
		for _, u := range units {
			switch r := p.Role(u); {
			case r.Part == lease.Successor:
				p.Opened(u)
			case r.Leaving && (r.Taken || !overlap || r.To == ""):
				p.Release(u)
			}
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return
		}
	}
}

// end stops what still runs.
func (w *world) end() {
	for _, p := range w.all {
		p.stop()
	}
	w.pass(10 * time.Second)
}

// kill ends a process that cannot say anything any more.
func (p *process) kill() {
	p.store.Outage(true)
	p.stop()
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// owned counts the units that a process decides about.
func (w *world) owned(p *process) int {
	n := 0
	for _, u := range w.units {
		if p.Role(u).Decides() {
			n++
		}
	}
	return n
}

// wantAll checks that every unit has exactly one owner of those given.
func (w *world) wantAll(processes ...*process) {
	w.t.Helper()
	for _, u := range w.units {
		owners := 0
		for _, p := range processes {
			if p.Role(u).Decides() {
				owners++
			}
		}
		if owners != 1 {
			w.t.Errorf("%s has %d owners, want 1", u, owners)
		}
	}
}

// eventually waits for what is to be true within a time, and says how long it took.
func (w *world) eventually(within time.Duration, what string, is func() bool) time.Duration {
	w.t.Helper()
	begin := time.Now()
	for !is() {
		if time.Since(begin) > within {
			w.t.Fatalf("not within %v: %s", within, what)
		}
		w.pass(10 * time.Millisecond)
	}
	return time.Since(begin)
}

func (w *world) wantEnd(p *process, within time.Duration) error {
	w.t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(within):
		w.t.Fatalf("still runs after %v", within)
	}
	return nil
}

func isDuplicate(err error) bool {
	var duplicate *lease.DuplicateError
	return errors.As(err, &duplicate)
}

// settled waits until the units are shared and nothing moves any more.
func (w *world) settled(processes ...*process) {
	w.t.Helper()
	calm := func() bool {
		n := 0
		for _, p := range processes {
			s := p.State()
			if s.Leaving > 0 || s.Held == 0 || s.Members != len(processes) {
				return false
			}
			n += w.owned(p)
		}
		return n == len(w.units)
	}
	w.eventually(10*time.Second, "the units are shared", calm)
	w.wantAll(processes...)
}

// tokens are those of all units, in order.
func (w *world) tokens(processes ...*process) []uint64 {
	var tokens []uint64
	for _, u := range w.units {
		for _, p := range processes {
			if r := p.Role(u); r.Part == lease.Owner {
				tokens = append(tokens, r.Token)
			}
		}
	}
	return tokens
}
