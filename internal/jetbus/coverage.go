package jetbus

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// SaveCoverage replaces the coverage record of a group.
func (b *Bus) SaveCoverage(ctx context.Context, c messages.Coverage) error {
	data, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode the coverage of group %s: %w", c.Group, err)
	}
	m := nats.NewMsg(b.subjects.Coverage(c.Group))
	m.Data = data
	_, err = b.put(ctx, "save the coverage of group "+string(c.Group), m)
	return err
}

// Coverage returns the coverage record of a group, and whether there is one.
func (b *Bus) Coverage(ctx context.Context, group messages.GroupID) (messages.Coverage, bool, error) {
	stored, err := b.newest(ctx, streamCoord, b.subjects.Coverage(group))
	if err != nil || stored == nil || len(stored.Data) == 0 {
		return messages.Coverage{}, false, err
	}
	var c messages.Coverage
	if err := json.Unmarshal(stored.Data, &c); err != nil {
		return messages.Coverage{}, false, fmt.Errorf("read the coverage of group %s: %w", group, err)
	}
	return c, true, nil
}
