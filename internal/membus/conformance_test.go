package membus

import (
	"testing"
	"testing/synctest"

	"github.com/ewsnats/ewsnats/internal/bustest"
)

func TestConformance(t *testing.T) {
	bustest.Run(t, synctest.Test, func(*testing.T) bustest.Bus { return New() })
}
