package membus

import (
	"testing"

	"github.com/ewsnats/ewsnats/internal/bustest"
)

func TestConformance(t *testing.T) {
	bustest.Run(t, func(*testing.T) bustest.Bus { return New() })
}
