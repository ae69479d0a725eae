package jetbus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// SaveCoverage replaces the coverage record of a group, provided that expected is
// the sequence of the stored one (0: there is none), and returns the new one's
// sequence. [outcome.ConflictError] says that another streamer wrote it meanwhile.
// It is repeated until the answer is known or ctx ends.
func (b *Bus) SaveCoverage(ctx context.Context, c messages.Coverage, expected uint64) (uint64, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return 0, fmt.Errorf("encode the coverage of group %s: %w", c.Group, err)
	}
	m := nats.NewMsg(b.subjects.Coverage(c.Group))
	m.Data = data
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(expected, 10))
	var sequence uint64
	err = b.persist(ctx, "save the coverage of group "+string(c.Group), func(ctx context.Context) error {
		ack, err := b.js.PublishMsg(ctx, m)
		switch {
		case err == nil:
			sequence = ack.Sequence
			return nil
		case hasCode(err, codeWrongSequence, codeWrongSequenceOnR3):
			sequence, err = b.savedCoverage(ctx, m, c.Group, expected)
			return err
		case unstorable(err):
			return permanent(fmt.Errorf("save the coverage of group %s: %w", c.Group, err))
		}
		return err
	})
	return sequence, err
}

// savedCoverage tells one's own record, whose acknowledgement was lost, from
// another's after a refusal.
func (b *Bus) savedCoverage(ctx context.Context, m *nats.Msg, group messages.GroupID, expected uint64) (uint64, error) {
	stream, err := b.stream(ctx, streamCoord)
	if err != nil {
		return 0, err
	}
	stored, err := stream.GetLastMsgForSubject(ctx, m.Subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		stored, err = &jetstream.RawStreamMsg{}, nil
	}
	switch {
	case err != nil:
		return 0, err
	case stored.Sequence == expected:
		return 0, errUnderWay
	case stored.Sequence > expected && bytes.Equal(stored.Data, m.Data):
		return stored.Sequence, nil
	}
	return 0, permanent(&outcome.ConflictError{Group: group, Expected: expected, Actual: stored.Sequence})
}

// Coverage returns the coverage record of a group and its sequence; 0: there is none.
func (b *Bus) Coverage(ctx context.Context, group messages.GroupID) (messages.Coverage, uint64, error) {
	stored, err := b.newest(ctx, streamCoord, b.subjects.Coverage(group))
	if err != nil || stored == nil {
		return messages.Coverage{}, 0, err
	}
	var c messages.Coverage
	if err := json.Unmarshal(stored.Data, &c); err != nil {
		return messages.Coverage{}, 0, fmt.Errorf("read the coverage of group %s: %w", group, err)
	}
	return c, stored.Sequence, nil
}
