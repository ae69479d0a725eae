package health

import (
	"sync"
	"time"
)

// Check tells whether something is well, and why not, or what else is worth
// knowing. It must not block.
type Check func() (ok bool, why string)

// Result is the answer of a check.
type Result struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitempty"`
}

// Report is the answers of all checks, in the order in which they were added.
type Report struct {
	OK     bool     `json:"ok"` // all are well
	Checks []Result `json:"checks"`
}

// Health holds the checks of a process. Its methods may be called from many
// goroutines.
type Health struct {
	mu       sync.Mutex
	ready    []named
	loops    []*loop
	draining bool
}

type named struct {
	name  string
	check Check
}

// New has no checks yet.
func New() *Health { return &Health{} }

// Add adds a check of readiness.
func (h *Health) Add(name string, check Check) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready = append(h.ready, named{name, check})
}

// AddUntil adds a check of readiness that says why until done is called.
func (h *Health) AddUntil(name, why string) (done func()) {
	var mu sync.Mutex
	isDone := false
	h.Add(name, func() (bool, string) {
		mu.Lock()
		defer mu.Unlock()
		if isDone {
			return true, ""
		}
		return false, why
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		isDone = true
	}
}

// Drain makes the process unready for good: it ends.
func (h *Health) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

// Ready asks the checks of readiness, and whether the process ends.
func (h *Health) Ready() Report {
	h.mu.Lock()
	checks, draining := append([]named(nil), h.ready...), h.draining
	h.mu.Unlock()
	r := Report{OK: true, Checks: []Result{}}
	for _, c := range checks {
		ok, why := c.check()
		r.add(c.name, ok, why)
	}
	if draining {
		r.add("draining", false, "the process ends and hands over what it has")
	}
	return r
}

func (r *Report) add(name string, ok bool, why string) {
	r.OK = r.OK && ok
	r.Checks = append(r.Checks, Result{Name: name, OK: ok, Why: why})
}

// loop is a goroutine that is to come round.
type loop struct {
	name   string
	within time.Duration
	mu     sync.Mutex
	last   time.Time // zero: not begun, or ended
}

// AddLoop adds a loop that is alive while it calls turned at least once within a
// span; the first call begins it, and ended takes it out.
func (h *Health) AddLoop(name string, within time.Duration) (turned func(now time.Time), ended func()) {
	l := &loop{name: name, within: within}
	h.mu.Lock()
	h.loops = append(h.loops, l)
	h.mu.Unlock()
	return l.turn, func() { l.turn(time.Time{}) }
}

func (l *loop) turn(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = now
}

func (l *loop) result(now time.Time) (ok bool, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if stood := now.Sub(l.last); !l.last.IsZero() && stood > l.within {
		return false, "has not come round for " + stood.Round(time.Second).String()
	}
	return true, ""
}

// Alive reports whether the loops turn.
func (h *Health) Alive(now time.Time) Report {
	h.mu.Lock()
	loops := append([]*loop(nil), h.loops...)
	h.mu.Unlock()
	r := Report{OK: true, Checks: []Result{}}
	for _, l := range loops {
		ok, why := l.result(now)
		r.add(l.name, ok, why)
	}
	return r
}
