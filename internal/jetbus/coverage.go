package jetbus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

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
	expectSequence(m, expected)
	return b.compareAndSet(ctx, "save the coverage of group "+string(c.Group), streamCoord, m,
		func(_ context.Context, stored *jetstream.RawStreamMsg) (uint64, error) {
			switch actual := sequenceOf(stored); {
			case actual == expected:
				return 0, errUnderWay
			case actual > expected && bytes.Equal(stored.Data, data):
				return actual, nil
			default:
				return 0, permanent(&outcome.ConflictError{Group: c.Group, Expected: expected, Actual: actual})
			}
		})
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
