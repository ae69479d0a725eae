package jetbus

import (
	"context"
	"errors"
	"fmt"

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
	return b.compareAndSet(ctx, fmt.Sprintf("decide group %s", g.Group), streamGroup, m,
		func(ctx context.Context, newest *jetstream.RawStreamMsg) (uint64, error) {
			return b.decided(ctx, m, g, expected, newest)
		})
}

// decision is the conditional message.
func decision(encoded messages.Message, dissolved bool, expected uint64) *nats.Msg {
	m := toNATS(encoded)
	expectSequence(m, expected)
	if dissolved {
		// Without the rollup the revision before would come back to life when this one expires.
		m.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
		m.Header.Set(jetstream.MsgTTLHeader, dissolvedGroupTTL.String())
	}
	return m
}

// decided tells one's own decision from another's after a refusal. The one that won
// is the first on the subject after the expected sequence. When there is none the
// refusal was about a write still under way.
func (b *Bus) decided(ctx context.Context, m *nats.Msg, g messages.GroupSubscribed, expected uint64, newest *jetstream.RawStreamMsg) (uint64, error) {
	conflict := permanent(&outcome.ConflictError{Group: g.Group, Expected: expected, Actual: sequenceOf(newest)})
	switch actual := sequenceOf(newest); {
	case actual == expected:
		return 0, errUnderWay
	case actual < expected:
		return 0, conflict
	}
	stream, err := b.stream(ctx, streamGroup)
	if err != nil {
		return 0, err
	}
	winner, err := stream.GetMsg(ctx, expected+1, jetstream.WithGetMsgSubject(m.Subject))
	if err != nil {
		return 0, err
	}
	if winner.Header.Get(messages.HeaderMsgID) == g.ID {
		return winner.Sequence, nil
	}
	return 0, conflict
}
