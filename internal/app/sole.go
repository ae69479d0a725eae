package app

import "github.com/ewsnats/ewsnats/pkg/messages"

// One process of each stage owns everything: run one of each. The stages take
// what they own from a port, so that this is all that stands in for a shared one.
type (
	soleDiscoverer struct{}
	soleSubscriber struct{}
	soleStreamer   struct{}
)

func (soleDiscoverer) Owns(messages.Address) bool  { return true }
func (soleDiscoverer) Changes() <-chan struct{}    { return nil }
func (soleSubscriber) Owns(messages.Endpoint) bool { return true }
func (soleSubscriber) Changes() <-chan struct{}    { return nil }
func (soleStreamer) Owns(messages.GroupID) bool    { return true }
func (soleStreamer) Changes() <-chan struct{}      { return nil }
