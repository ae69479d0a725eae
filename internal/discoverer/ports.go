package discoverer

import (
	"context"

	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Feed delivers facts.
type Feed interface {
	// Mailboxes delivers every mailbox fact from the beginning, then the caught-up
	// mark, then new ones. The channel is closed when ctx ends.
	Mailboxes(ctx context.Context) (<-chan messages.Recorded, error)
}

// Recorder stores facts.
type Recorder interface {
	// Record stores the facts in order. It returns when all are stored, or when ctx ends.
	Record(ctx context.Context, facts ...messages.Fact) error
}

// Autodiscover asks for the places of mailboxes.
type Autodiscover interface {
	// Discover asks about mailboxes of one domain in one request, and as many more
	// as redirects and a search for the service take. There may be fewer answers
	// than mailboxes: the rest is asked about again. The error is
	// about the request as a whole: an *ewsaffinity.Fault, or the context's.
	Discover(ctx context.Context, mailboxes []messages.Address) ([]Answer, error)
}

// Answer is what Autodiscover says about one mailbox: a place, or a fault.
type Answer struct {
	Mailbox  messages.Address
	URL      messages.Endpoint
	Grouping messages.Grouping
	Fault    *ewsaffinity.Fault // nil when a place was given
}

// Ownership says which partitions of mailbox names are this process's to enrol and
// to discover. Its methods do not block.
type Ownership interface {
	// Owns reports whether the mailboxes of a partition are this process's. It is
	// false of one that is to go to another process.
	Owns(messages.Partition) bool
	// Changes receives after Owns or Yielding began to answer otherwise; nil: never.
	Changes() <-chan struct{}
	// Yielding are the partitions that are to go to another process as soon as they
	// are released.
	Yielding() []messages.Partition
	// Release lets another process begin with a partition.
	Release(messages.Partition)
}

// Ports is what the stage sees of the world.
type Ports struct {
	Feed         Feed
	Recorder     Recorder
	Autodiscover Autodiscover
	Ownership    Ownership
	Lists        <-chan maillist.Snapshot // each the whole list of its source; nil: none
	NewID        func() string            // unique ids of facts
	Random       func() float64           // in [0,1): spreads refreshes and waits
}
