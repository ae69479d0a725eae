package jetbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/internal/lease"
)

// putTimeout bounds a put with its reading back: whoever keeps a lease would
// rather be told soon than be told well.
const putTimeout = 2 * time.Second

// coordination keeps the members and the claims of one stage.
type coordination struct {
	bus   *Bus
	stage string
}

// Coordination is where the members and the claims of a stage are kept. Expiry is
// the server's: it comes up to a second late. Names of keys are stored in lower
// case, so that one with capitals is refused.
func (b *Bus) Coordination(stage string) lease.Store { return &coordination{bus: b, stage: stage} }

// Put tries once, but for one case: a record that expired is still there to the
// caller, and to the server is not, or is a marker. Then it is tried again with what
// the server has instead.
func (c *coordination) Put(ctx context.Context, key lease.Key, value []byte, expected uint64, ttl time.Duration) (uint64, error) {
	subject, err := c.bus.coordSubject(c.stage, key)
	if err != nil {
		return 0, err
	}
	if c.bus.life.Err() != nil {
		return 0, outcome.ErrClosed
	}
	connected, release := c.bus.whileConnected(ctx)
	defer release()
	ctx, cancel := context.WithTimeout(connected, putTimeout)
	defer cancel()
	defer context.AfterFunc(c.bus.life, cancel)()

	put := putting{bus: c.bus, subject: subject, value: value, ttl: ttl}
	sequence, err := put.store(ctx, expected)
	if errors.Is(context.Cause(connected), errConnectionBroke) && err != nil && !errors.Is(err, lease.ErrConflict) {
		err = fmt.Errorf("store %s: %w", subject, errConnectionBroke)
	}
	return sequence, err
}

// putting is one value on its way to its subject.
type putting struct {
	bus     *Bus
	subject string
	value   []byte
	ttl     time.Duration
}

// store tries once more when what was expected has expired.
func (p putting) store(ctx context.Context, expected uint64) (uint64, error) {
	sequence, refused, err := p.try(ctx, expected)
	if !refused {
		return sequence, err
	}
	stored, expired, err := p.readBack(ctx, expected)
	if !expired {
		return 0, err
	}
	sequence, refused, err = p.try(ctx, stored)
	if !refused {
		return sequence, err
	}
	if _, expired, err = p.readBack(ctx, stored); expired {
		err = fmt.Errorf("store %s: %w", p.subject, errUnderWay)
	}
	return 0, err
}

// try reports whether the server refused because of the sequence expected.
func (p putting) try(ctx context.Context, expected uint64) (sequence uint64, refused bool, err error) {
	m := nats.NewMsg(p.subject)
	m.Data = p.value
	expectSequence(m, expected)
	if p.ttl > 0 {
		m.Header.Set(jetstream.MsgTTLHeader, wholeSeconds(p.ttl).String())
	}
	ack, err := p.bus.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0))
	if err != nil {
		refused = hasCode(err, codeWrongSequence, codeWrongSequenceOnR3)
		return 0, refused, fmt.Errorf("store %s: %w", p.subject, err)
	}
	return ack.Sequence, false, nil
}

// wholeSeconds rounds up: the server counts seconds.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}

// readBack looks what is stored after a refusal. Either a record that expired was
// there, and nothing or a marker is now, with the sequence returned; or err says
// that another record is there, or that it cannot be known yet.
func (p putting) readBack(ctx context.Context, expected uint64) (sequence uint64, expired bool, err error) {
	newest, err := p.bus.newestOnce(ctx, streamCoord, p.subject)
	switch {
	case err != nil:
		return 0, false, fmt.Errorf("read back %s: %w", p.subject, err)
	case newest == nil && expected != 0:
		return 0, true, nil
	case newest == nil, newest.Sequence == expected:
		// The refusal was about a write that the replicas have not agreed on.
		return 0, false, fmt.Errorf("store %s: %w", p.subject, errUnderWay)
	case isMarker(newest.Header):
		return newest.Sequence, true, nil
	}
	return 0, false, fmt.Errorf("store %s after %d: %w, with sequence %d", p.subject, expected, lease.ErrConflict, newest.Sequence)
}

// isMarker reports whether a message only says that another is gone.
func isMarker(h nats.Header) bool { return h.Get(jetstream.MarkerReasonHeader) != "" }

// newestOnce is newest with a single try.
func (b *Bus) newestOnce(ctx context.Context, stream, subject string) (*jetstream.RawStreamMsg, error) {
	handle, err := b.stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	newest, err := handle.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	return newest, err
}
