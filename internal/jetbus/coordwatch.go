package jetbus

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/lease"
)

// Watch delivers the members and claims of the stage. The channel is closed when
// ctx or the bus ends.
func (c *coordination) Watch(ctx context.Context) (<-chan lease.Record, error) {
	out := make(chan lease.Record)
	err := c.bus.start(func() {
		defer close(out)
		ctx, cancel := c.bus.within(ctx)
		defer cancel()
		w := &coordWatch{
			bus:     c.bus,
			filters: []string{c.bus.subjects.Members(c.stage), c.bus.subjects.Claims(c.stage)},
			out:     out,
			known:   make(map[string]uint64),
		}
		w.run(ctx)
	})
	return out, err
}

// coordWatch reads by one coordReader after another. Each begins with the newest
// record of every subject; what the ones before delivered is left out. One
// goroutine owns it.
type coordWatch struct {
	bus     *Bus
	filters []string
	out     chan<- lease.Record

	last  uint64            // sequence of the last record delivered
	known map[string]uint64 // subjects that hold a value, with its sequence
	told  bool              // the caught-up mark was delivered
}

func (w *coordWatch) run(ctx context.Context) {
	said := ""
	for attempt := 0; ctx.Err() == nil; attempt++ {
		before := w.last
		err := w.read(ctx)
		if ctx.Err() != nil {
			return
		}
		if w.last != before {
			attempt, said = 0, ""
		}
		if trouble := troubleOf(err); trouble != said {
			w.bus.cfg.Logger.Warn("watching leases and claims was interrupted, trying again", "after", w.last, "error", err)
			said = trouble
		}
		if pause(ctx, backOff(attempt, firstRequestWait, lastRequestWait)) != nil {
			return
		}
	}
}

func (w *coordWatch) read(ctx context.Context) error {
	if err := w.begin(ctx); err != nil {
		return err
	}
	seen := make(map[string]bool)
	r := &coordReader{bus: w.bus, filters: w.filters}
	r.deliver = func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		if !r.told {
			seen[m.Subject()] = true
		}
		return w.take(ctx, m, meta.Sequence.Stream)
	}
	r.caughtUp = func(ctx context.Context) error {
		if err := w.dropAbsent(ctx, seen); err != nil || w.told {
			return err
		}
		w.told = true
		return w.send(ctx, lease.Record{})
	}
	return r.read(ctx)
}

// begin notices that the stream was made anew: its sequences begin again.
func (w *coordWatch) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	stream, err := w.bus.js.Stream(ctx, w.bus.cfg.streamName(streamCoord))
	if err != nil {
		return err
	}
	if newest := stream.CachedInfo().State.LastSeq; newest < w.last {
		w.bus.cfg.Logger.Error("the stream of leases and claims was made anew", "after", w.last, "now", newest)
		w.last = 0
	}
	return nil
}

func (w *coordWatch) take(ctx context.Context, m jetstream.Msg, sequence uint64) error {
	if sequence <= w.last {
		return nil
	}
	value := m.Data()
	if isMarker(m.Headers()) {
		value = nil
	}
	return w.tell(ctx, m.Subject(), value, sequence)
}

// tell delivers what is stored on a subject. One that cannot be read is left out:
// this program did not write it.
func (w *coordWatch) tell(ctx context.Context, subject string, value []byte, sequence uint64) error {
	at, err := w.bus.placeOf(subject)
	if err != nil {
		w.bus.cfg.Logger.Error("a record of coordination is left out", "sequence", sequence, "error", err)
		w.last = sequence
		return nil
	}
	if err := w.send(ctx, lease.Record{Key: at.key, Value: value, Sequence: sequence}); err != nil {
		return err
	}
	w.last = sequence
	if len(value) > 0 {
		w.known[subject] = sequence
	} else {
		delete(w.known, subject)
	}
	return nil
}

// dropAbsent tells that subjects delivered before hold nothing any more, not even
// the marker that said so. Those may also have got a new record since the reader
// began, which it will deliver.
func (w *coordWatch) dropAbsent(ctx context.Context, seen map[string]bool) error {
	for subject, sequence := range w.known {
		if seen[subject] {
			continue
		}
		readCtx, cancel := context.WithTimeout(ctx, requestTimeout)
		newest, err := w.bus.newestOnce(readCtx, streamCoord, subject)
		cancel()
		if err != nil {
			return fmt.Errorf("look whether %s is gone: %w", subject, err)
		}
		if newest != nil {
			continue
		}
		// The marker had a sequence above that of the value it ended.
		if err := w.tell(ctx, subject, nil, max(w.last, sequence+1)); err != nil {
			return err
		}
	}
	return nil
}

func (w *coordWatch) send(ctx context.Context, r lease.Record) error {
	select {
	case w.out <- r:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
