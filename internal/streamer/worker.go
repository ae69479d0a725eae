package streamer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/breaker"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// update is the latest truth of a group, with the reasons of those who left it
// since the worker last looked.
type update struct {
	messages.GroupSubscribed
	left map[messages.Address]messages.Left
}

// worker streams one group. Its goroutine owns everything below; tell and stop are
// the only ways in, for the stage's goroutine.
type worker struct {
	cfg      Config
	store    Store
	lane     Lane
	exchange Exchange
	endpoint *breaker.Endpoint
	log      *slog.Logger

	updates chan update // of one slot: the latest wins
	cancel  context.CancelFunc
	reading sync.WaitGroup
	storing context.Context // outlives the worker's by Drain: what was read is still to be stored

	group    messages.GroupSubscribed
	members  map[messages.Address]*member
	coverage messages.Coverage // the record as stored
	recorded bool              // coverage was read, and all it speaks of is known
	breaker  *breaker.Group

	current  *connection // read now
	next     *connection // open, but waits for the goodbye of current
	goodbye  *time.Timer // when current is cut although it said none
	openings chan opening
	opening  bool
	requests []messages.RegroupRequested // not stored yet
	asked    time.Time                   // when the last one was made
	attempt  int                         // of asking again
	reopen   bool                        // an id died: the others are to get a connection without it
	notUntil time.Time                   // no opening before
	failures int                         // openings that failed in a row
	wake     *time.Timer
	tick     *time.Ticker // coverage
}

// startWorker runs a worker until it is stopped. It tells the stage when it has ended.
func (s *Streamer) startWorker(stage context.Context, u update) *worker {
	ctx, cancel := context.WithCancel(stage)
	w := &worker{
		cfg: s.cfg, store: s.store, lane: s.lane, exchange: s.exchange,
		endpoint: s.endpoint(u.URL),
		log:      s.cfg.Logger.With("group", u.Group),
		updates:  make(chan update, 1),
		cancel:   cancel,
		members:  map[messages.Address]*member{},
		breaker:  breaker.NewGroup(breaker.GroupConfig{Name: string(u.Group)}),
		openings: make(chan opening),
	}
	w.updates <- u
	s.running.Go(func() {
		defer cancel()
		w.run(ctx)
		select {
		case s.ended <- u.Group:
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

// stop ends the worker. What it is told from then on counts for its successor.
func (w *worker) stop() { w.cancel() }

// run is the worker's goroutine. It ends when ctx does, after what was read is
// stored.
func (w *worker) run(ctx context.Context) {
	defer w.reading.Wait()
	var cancel context.CancelFunc
	w.storing, cancel = outliving(ctx, w.cfg.Drain)
	defer cancel()
	w.wake = time.NewTimer(0)
	defer w.wake.Stop()
	w.goodbye = time.NewTimer(0)
	w.goodbye.Stop()
	w.tick = time.NewTicker(w.cfg.CoverageEvery)
	defer w.tick.Stop()
	for ctx.Err() == nil {
		w.step(ctx)
	}
	w.end()
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

// step waits for one thing and sees to it.
func (w *worker) step(ctx context.Context) {
	var arrivals <-chan arrival
	if w.current != nil {
		arrivals = w.current.arrivals
	}
	select {
	case u := <-w.updates:
		w.accept(ctx, u)
	case a := <-arrivals:
		w.arrive(ctx, w.gather(a))
	case o := <-w.openings:
		w.opened(ctx, o)
	case <-w.goodbye.C:
		w.lose("no goodbye")
		w.promote(ctx)
	case <-w.wake.C:
	case <-w.tick.C:
		w.saveCoverage(ctx)
	case <-ctx.Done():
		return
	}
	w.connect(ctx)
}

// gather takes what else has arrived, so that it is published in one go.
func (w *worker) gather(first arrival) []arrival {
	batch := []arrival{first}
	for len(batch) < readAhead && batch[len(batch)-1].fault == nil {
		select {
		case a, ok := <-w.current.arrivals:
			if !ok {
				return batch
			}
			batch = append(batch, a)
		default:
			return batch
		}
	}
	return batch
}

// end stores what was read, and says up to when the group is covered. Without a
// member to hand over to this is an unclean end: the successor announces the gap.
func (w *worker) end() {
	if w.current != nil {
		w.current.stream.Close()
		for a := range w.current.arrivals {
			if a.fault == nil {
				_ = w.publish(w.current, []arrival{a}) // what is not stored lies after the coverage record
			}
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
	w.saveCoverage(w.storing)
}
