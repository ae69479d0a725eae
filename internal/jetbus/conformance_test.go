package jetbus

import (
	"context"
	"testing"

	"github.com/ewsnats/ewsnats/internal/bustest"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// withLane is a bus as one process uses it.
type withLane struct {
	*Bus
	lane *Lane
}

func (w withLane) Publish(ctx context.Context, events []messages.Event) ([]uint64, error) {
	return w.lane.Publish(ctx, events)
}

func TestConformance(t *testing.T) {
	bustest.Run(t, bustest.InRealTime, func(t *testing.T) bustest.Bus {
		b, _ := fresh(t)
		return withLane{b, b.NewLane()}
	})
}
