package jetbus

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// errUnderWay says that replicas have not agreed on a write on the subject yet.
var errUnderWay = errors.New("a write on the subject is under way")

// Decide stores what a group is, provided that expected is the sequence of the
// newest decision on it (0: there is none yet). It returns the sequence of the
// decision, or [outcome.ConflictError] when another decided first. It is repeated
// until the answer is known or ctx ends; a decision that was stored although its
// answer was lost is recognised by its id.
//
// A group without subscriptions is dissolved: it replaces what was stored of it,
// and is forgotten after seven days.
func (b *Bus) Decide(ctx context.Context, g messages.GroupSubscribed, expected uint64) (uint64, error) {
	encoded, err := messages.EncodeFact(b.subjects, g)
	if err != nil {
		return 0, err
	}
	m := decision(encoded, len(g.Subscriptions) == 0, expected)
	var sequence uint64
	err = b.persist(ctx, fmt.Sprintf("decide group %s", g.Group), func(ctx context.Context) error {
		ack, err := b.js.PublishMsg(ctx, m)
		switch {
		case err == nil:
			sequence = ack.Sequence
			return nil
		case hasCode(err, codeWrongSequence, codeWrongSequenceOnR3):
			sequence, err = b.readBack(ctx, m, g, expected)
			return err
		case unstorable(err):
			return permanent(fmt.Errorf("decide group %s: %w", g.Group, err))
		}
		return err
	})
	return sequence, err
}

// decision makes the message conditional on exactly its own subject: a condition
// on a wildcard is not safe with replicas.
func decision(encoded messages.Message, dissolved bool, expected uint64) *nats.Msg {
	m := toNATS(encoded)
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(expected, 10))
	if dissolved {
		// Without the rollup the revision before would come back to life when this one expires.
		m.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
		m.Header.Set(jetstream.MsgTTLHeader, dissolvedGroupTTL.String())
	}
	return m
}

// readBack tells one's own decision from another's after a refusal. The one that
// won is the first on the subject after the expected sequence. When there is none
// the refusal was about a write still under way, and the decision is tried again.
func (b *Bus) readBack(ctx context.Context, m *nats.Msg, g messages.GroupSubscribed, expected uint64) (uint64, error) {
	stream, err := b.stream(ctx, streamGroup)
	if err != nil {
		return 0, err
	}
	newest, err := stream.GetLastMsgForSubject(ctx, m.Subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		newest, err = &jetstream.RawStreamMsg{}, nil // nothing is stored: sequence 0
	}
	if err != nil {
		return 0, err
	}
	if newest.Sequence == expected {
		return 0, errUnderWay
	}
	if newest.Sequence < expected {
		return 0, permanent(&outcome.ConflictError{Group: g.Group, Expected: expected, Actual: newest.Sequence})
	}
	winner, err := stream.GetMsg(ctx, expected+1, jetstream.WithGetMsgSubject(m.Subject))
	if err != nil {
		return 0, err
	}
	if winner.Header.Get(messages.HeaderMsgID) == g.ID {
		return winner.Sequence, nil
	}
	return 0, permanent(&outcome.ConflictError{Group: g.Group, Expected: expected, Actual: newest.Sequence})
}
