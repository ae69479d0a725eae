package jetbus

import (
	"errors"
	"testing"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func decisionOn(id string, g messages.GroupID) messages.GroupSubscribed {
	return messages.GroupSubscribed{
		Meta: messages.Meta{ID: id, Time: noon}, Group: g, Generation: 1, Revision: 1, URL: endpoint, Anchor: anna,
		Subscriptions: map[messages.Address]messages.Subscription{anna: {ID: "s", Since: noon}},
	}
}

// The answer to a decision is lost, so that it is decided again by the same id.
func TestDecideWhoseAnswerIsLost(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	proxy, url := newProxy(t, server)
	b := openBus(t, server, func(c *Config) { c.URL = url })
	witness := openBus(t, server)

	proxy.muted.Store(true)
	decided := make(chan uint64, 1)
	go func() {
		sequence, err := b.Decide(limited(t), decisionOn("mine", "g1"), 0)
		if err != nil {
			t.Error(err)
		}
		decided <- sequence
	}()
	waitFor(t, "the decision to be stored", func() bool { return countOf(t, witness, streamGroup) == 1 })
	var conflict *outcome.ConflictError
	if _, err := witness.Decide(limited(t), decisionOn("other", "g1"), 0); !errors.As(err, &conflict) {
		t.Errorf("another decision: %v, want a conflict", err)
	}
	proxy.muted.Store(false)
	proxy.cut()
	expect(t, "sequence", uint64(1), receive(t, decided, "the answer"))
}

func TestDecideOnAGroupThatWasForgotten(t *testing.T) {
	b, _ := fresh(t)
	var conflict *outcome.ConflictError
	if _, err := b.Decide(limited(t), decisionOn("d1", "g1"), 7); !errors.As(err, &conflict) {
		t.Fatalf("error %v, want a conflict", err)
	}
	expect(t, "conflict", outcome.ConflictError{Group: "g1", Expected: 7}, *conflict)
}
