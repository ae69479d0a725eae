package jetbus

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// TestSettlementsAreTakenOnce: whatever room they are put in.
func TestSettlementsAreTakenOnce(t *testing.T) {
	s := newSettlements()
	var taken []settlement
	for round := range 4 {
		for range round {
			s.acked(&nats.Msg{}, jetstream.PubAck{Sequence: uint64(round)})
		}
		taken = s.take(taken)
		expect(t, "taken", round, len(taken))
		for _, one := range taken {
			expect(t, "sequence", uint64(round), one.sequence)
		}
	}
}
