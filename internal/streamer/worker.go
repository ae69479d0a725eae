package streamer

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ewsnats/ewsnats/internal/breaker"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// update is the latest truth of a group, with the reasons of those who left it
// since the worker last looked.
type update struct {
	messages.GroupSubscribed // without Subscriptions
	places                   *places
	left                     map[messages.Address]messages.Left
}

// worker streams one group. Its goroutine owns everything below; tell, look and
// stop are the only ways in, for the stage's goroutine.
type worker struct {
	cfg       Config
	id        messages.GroupID
	store     Store
	lane      Lane
	exchange  Exchange
	ownership Ownership
	endpoint  *endpoint
	log       *slog.Logger

	updates chan update   // of one slot: the latest wins
	looks   chan struct{} // of one slot: the role may be another
	cancel  context.CancelFunc
	reading sync.WaitGroup
	storing context.Context // outlives the worker's by Drain: what was read is still to be stored
	done    bool            // there is nothing more to do: the group is another's, or has no members

	role      lease.Role
	owned     bool      // we became the owner, by the claim of
	token     uint64    // this sequence
	heir      bool      // the former owner ends in order, and nothing that a connection of ours carried is lost
	spoiled   bool      // as its successor we lost what a connection carried
	offered   bool      // a successor may have taken the subscriptions of the current connection
	parting   bool      // the successor has: the goodbye of the current connection is due
	suspended time.Time // since when; zero: not

	group    messages.GroupSubscribed
	members  members
	coverage messages.Coverage // the record as stored
	covered  uint64            // its sequence
	recorded bool              // coverage was read, and all it speaks of is known
	doubted  bool              // the stream of events holds less than the record says
	aborted  atomic.Bool       // another worker of this process begins anew
	breaker  *breaker.Group

	clock    *connection // by whose clock the members are covered: the last that was read
	current  *connection // read now
	serves   *connection // has all members that live, as far as is known
	next     *connection // open, but waits: for the goodbye of current, or for our turn
	goodbye  *time.Timer // when current is cut although it said none
	openings chan opening
	opening  bool
	unpace   context.CancelFunc          // an opening that waits for its turn gives up
	requests []messages.RegroupRequested // not stored yet
	asked    time.Time                   // when the last one was made
	attempt  int                         // of asking again
	reopen   bool                        // an id died: the others are to get a connection without it
	taken    time.Time                   // when another client last took our subscriptions
	strange  time.Time                   // when Exchange last named only ids that we never sent, and we opened anew
	notUntil time.Time                   // no opening before
	failures int                         // openings that failed in a row
	wake     *time.Timer
	tick     *time.Ticker // coverage
	reports  reports
}

// startWorker runs a worker until it is stopped or has nothing more to do. It tells
// the stage when it has ended.
//
// doubted says that the stream of events may hold less than the coverage record says.
func (s *Streamer) startWorker(stage context.Context, u update, doubted bool) *worker {
	ctx, cancel := context.WithCancel(stage)
	w := &worker{
		cfg: s.cfg, id: u.Group, store: s.store, lane: s.lane, exchange: s.exchange, ownership: s.ownership,
		endpoint: s.endpoint(u.URL),
		log:      s.cfg.Logger.With("group", u.Group),
		updates:  make(chan update, 1),
		looks:    make(chan struct{}, 1),
		cancel:   cancel,
		breaker:  breaker.NewGroup(breaker.GroupConfig{Name: string(u.Group)}),
		openings: make(chan opening),
		reports:  reports{to: s.cfg.Observer},
		doubted:  doubted,
	}
	w.endpoint.grow(1)
	w.updates <- u
	s.running.Go(func() {
		defer cancel()
		w.run(ctx, s.storing)
		select {
		case s.ended <- w.id: // not u, which holds the whole group
		case <-stage.Done():
		}
	})
	return w
}

// tell hands over the latest truth. What the worker has not looked at yet is
// replaced, but no reason why someone left is forgotten.
func (w *worker) tell(u update) {
	select {
	case earlier := <-w.updates:
		for a, why := range earlier.left {
			if _, newer := u.left[a]; !newer {
				u.left[a] = why
			}
		}
	default:
	}
	w.updates <- u
}

// look makes the worker look at its role.
func (w *worker) look() {
	select {
	case w.looks <- struct{}{}:
	default:
	}
}

// stop ends the worker. What it is told from then on counts for its successor.
func (w *worker) stop() { w.cancel() }

// abort ends the worker without a word: this process begins the group anew.
func (w *worker) abort() {
	w.aborted.Store(true)
	w.cancel()
}

// run is the worker's goroutine. It ends when ctx does or there is nothing more to
// do, after what was read is stored.
func (w *worker) run(ctx, stageStoring context.Context) {
	defer w.reading.Wait()
	var cancel context.CancelFunc
	w.storing, cancel = outliving(ctx, w.cfg.Drain)
	defer cancel()
	defer context.AfterFunc(stageStoring, cancel)()
	w.wake = time.NewTimer(0)
	defer w.wake.Stop()
	w.goodbye = time.NewTimer(0)
	w.goodbye.Stop()
	w.tick = time.NewTicker(w.cfg.CoverageEvery)
	defer w.tick.Stop()
	w.accept(ctx, <-w.updates) // what it was started with, or newer
	for ctx.Err() == nil && !w.done {
		w.step(ctx)
	}
	w.end()
	w.reports.gone(w.id)
}

// outliving is ctx, but goes on for so long after it ended.
func outliving(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}

// step waits for one thing and sees to it, as the worker's role allows.
func (w *worker) step(ctx context.Context) {
	w.play()
	switch {
	case w.role.Part == lease.Nobody:
		w.done = true
	case w.role.Part == lease.Successor:
		w.awaitTurn(ctx)
	case w.role.Suspended:
		w.hold(ctx)
	default:
		w.stream(ctx)
	}
	w.report(time.Now())
}

// stream is a step of the owner.
func (w *worker) stream(ctx context.Context) {
	if w.part(ctx); !w.done {
		w.connect(ctx)
	}
	if w.done {
		return
	}
	var arrivals <-chan []arrival
	if w.current != nil {
		arrivals = w.current.arrivals
	}
	select {
	case u := <-w.updates:
		w.accept(ctx, u)
	case batch := <-arrivals:
		w.arrive(ctx, batch)
	case o := <-w.openings:
		w.opened(ctx, o)
	case <-w.goodbye.C:
		w.lose("no goodbye")
		w.succeeded(ctx)
	case <-w.wake.C:
	case <-w.tick.C:
		w.saveCoverage(ctx)
	case <-w.looks:
	case <-ctx.Done():
	}
}

// end stores what was read. An owner that had no one to hand its group over to says
// up to when it is covered, and gives it up: an unclean end, whose gap the
// successor announces. One that lost the group decides nothing more: what it stores
// is marked by its old epoch.
func (w *worker) end() {
	if w.current != nil {
		w.current.stream.Close()
		for batch := range w.current.arrivals {
			_ = w.publish(w.current, batch) // what is not stored lies after the coverage record
		}
	}
	if w.next != nil {
		w.close(w.next)
	}
	if w.opening {
		if o := <-w.openings; o.connection != nil {
			w.close(o.connection)
		}
	}
	if w.play(); w.done || w.role.Part == lease.Nobody || w.aborted.Load() {
		return
	}
	w.saveCoverage(w.storing)
	w.ownership.Release(w.id)
}
