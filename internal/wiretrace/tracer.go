package wiretrace

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// Config says what is written where. It may change while a tracer runs.
type Config struct {
	Dir      string   // folder of the files
	Only     []string // groups, mailboxes, other, or all; empty: nothing is written
	MaxBytes int64    // of a file
	MaxFiles int      // predecessors included
}

// Bounds of the queue.
const (
	queueLength = 1024
	queueBytes  = 32 << 20 // of bodies
)

// warnInterval is how often it is said that files cannot be written.
const warnInterval = time.Minute

// Tracer writes exchanges of one stage. Its methods may be called by several goroutines.
type Tracer struct {
	stage string
	log   *slog.Logger
	cfg   atomic.Pointer[settings]

	queue chan ewssoap.Exchange
	bytes atomic.Int64 // of bodies in the queue
	end   chan struct{}
	once  sync.Once
	ended chan struct{}

	written, dropped atomic.Uint64
	warned           time.Time // the writing goroutine's
}

// settings is a Config that is quick to ask.
type settings struct {
	Config
	all  bool
	only map[string]bool // in lower case
}

// other names what belongs to no group and no mailbox.
const other = "other"

// Start begins to write what a stage is told. Close ends it.
func Start(cfg Config, stage string, log *slog.Logger) *Tracer {
	t := newTracer(cfg, stage, log)
	go t.run()
	return t
}

func newTracer(cfg Config, stage string, log *slog.Logger) *Tracer {
	t := &Tracer{stage: stage, log: log, queue: make(chan ewssoap.Exchange, queueLength),
		end: make(chan struct{}), ended: make(chan struct{})}
	t.Set(cfg)
	return t
}

// Set changes what is written where, from the next exchange on.
func (t *Tracer) Set(cfg Config) {
	s := &settings{Config: cfg, only: map[string]bool{}}
	for _, name := range cfg.Only {
		s.all = s.all || name == "all"
		s.only[strings.ToLower(name)] = true
	}
	t.cfg.Store(s)
}

// Wants reports whether calls with a label are written now. A label is the group, the
// mailbox, or both, separated by a space.
func (t *Tracer) Wants(label string) bool { return t.cfg.Load().wants(label) }

func (s *settings) wants(label string) bool {
	if s.all || len(s.only) == 0 {
		return s.all
	}
	for _, name := range namesOf(label) {
		if s.only[strings.ToLower(name)] {
			return true
		}
	}
	return false
}

// namesOf are those of a label; the first is its file's.
func namesOf(label string) []string {
	if names := strings.Fields(label); len(names) > 0 {
		return names
	}
	return []string{other}
}

// Trace takes an exchange if it is wanted. It does not block.
func (t *Tracer) Trace(x ewssoap.Exchange) {
	if !t.Wants(x.Label) {
		return
	}
	size := sizeOf(x)
	if t.bytes.Add(size) <= queueBytes {
		select {
		case t.queue <- x:
			return
		default:
		}
	}
	t.bytes.Add(-size)
	t.dropped.Add(1)
}

func sizeOf(x ewssoap.Exchange) int64 { return int64(len(x.RequestBody) + len(x.ResponseBody)) }

// Stats are what was written, and what was not because the queue was full or a file
// could not be written.
func (t *Tracer) Stats() (written, dropped uint64) { return t.written.Load(), t.dropped.Load() }

// Close writes what is in the queue and returns. What comes later is dropped.
func (t *Tracer) Close() {
	t.once.Do(func() { close(t.end) })
	<-t.ended
}

func (t *Tracer) run() {
	defer close(t.ended)
	for {
		select {
		case x := <-t.queue:
			t.write(x)
		case <-t.end:
			t.rest()
			return
		}
	}
}

func (t *Tracer) rest() {
	for {
		select {
		case x := <-t.queue:
			t.write(x)
		default:
			t.Set(Config{})
			return
		}
	}
}

// write writes one exchange to its file.
func (t *Tracer) write(x ewssoap.Exchange) {
	t.bytes.Add(-sizeOf(x))
	cfg := t.cfg.Load()
	if !cfg.wants(x.Label) {
		return // any more
	}
	name := fileName(t.stage, namesOf(x.Label)[0])
	if err := appendTo(cfg.Config, name, record(x, cfg.MaxBytes)); err != nil {
		t.dropped.Add(1)
		if now := time.Now(); now.Sub(t.warned) >= warnInterval {
			t.warned = now
			t.log.Warn("the wire trace cannot be written", "err", err, "hint", "see trace.dir, or set trace.only to []")
		}
		return
	}
	t.written.Add(1)
}
