package jetbus

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// expectSequence makes a message conditional on the newest sequence of exactly its own
// subject: a condition on a wildcard is not safe with replicas.
func expectSequence(m *nats.Msg, sequence uint64) {
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(sequence, 10))
}

// compareAndSet stores a conditional message and returns its sequence. When it is
// refused, settle is given what the subject holds (nil: nothing): it tells one's own
// message, whose acknowledgement was lost, from another's. It is tried again after
// errUnderWay, and until the answer is known or ctx ends.
func (b *Bus) compareAndSet(ctx context.Context, what, stream string, m *nats.Msg,
	settle func(ctx context.Context, newest *jetstream.RawStreamMsg) (uint64, error)) (uint64, error) {
	var sequence uint64
	err := b.persist(ctx, what, func(ctx context.Context) error {
		ack, err := b.js.PublishMsg(ctx, m)
		switch {
		case err == nil:
			sequence = ack.Sequence
			return nil
		case unstorable(err):
			return permanent(fmt.Errorf("%s: %w", what, err))
		case !hasCode(err, codeWrongSequence, codeWrongSequenceOnR3):
			return err
		}
		newest, err := b.newestOnce(ctx, stream, m.Subject)
		if err == nil {
			sequence, err = settle(ctx, newest)
		}
		return err
	})
	return sequence, err
}

// sequenceOf is the sequence of what is stored; 0: nothing.
func sequenceOf(stored *jetstream.RawStreamMsg) uint64 {
	if stored == nil {
		return 0
	}
	return stored.Sequence
}
