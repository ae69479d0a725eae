// Package discovery holds two readings of Autodiscover's documents against each other: the client's walk, and the simulator.
// Every redirect and every error that the simulator knows is walked by the client, and must end at the right URL or with the
// right error.
package discovery

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
