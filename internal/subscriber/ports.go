package subscriber

import (
	"context"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Store is where facts are kept.
type Store interface {
	// Mailboxes delivers every mailbox fact from the beginning, then the
	// caught-up mark, then new ones, until ctx ends.
	Mailboxes(ctx context.Context) (<-chan messages.Recorded, error)
	// Groups does the same for GroupSubscribed.
	Groups(ctx context.Context) (<-chan messages.Recorded, error)
	// Record stores facts in order. It returns when all are stored, or when ctx ends.
	Record(ctx context.Context, facts ...messages.Fact) error
	// Decide stores a group's next message if the last one has the sequence
	// expected (0: none). An error means that it is not stored.
	Decide(ctx context.Context, g messages.GroupSubscribed, expected uint64) (uint64, error)
	// ServeRegroups hands over the requests of the partitions that are served (of all
	// without served), each until it is handled, and returns after ctx ended and no
	// handler runs.
	ServeRegroups(ctx context.Context, served Partitions, handle func(context.Context, messages.RegroupRequested) error) error
}

// Partitions says which partitions' regroup requests this process serves. Serves
// does not block; Changed receives after it began to answer otherwise.
type Partitions = interface {
	Serves(p messages.Partition) bool
	Changed() <-chan struct{}
}

// Exchange is what the subscriber asks of Exchange. Its errors are
// *ewsaffinity.Fault, or the context's.
type Exchange interface {
	// Folders resolves the mailbox's well-known folders.
	Folders(ctx context.Context, url messages.Endpoint, mailbox messages.Address) (map[messages.FolderName]string, error)
	// Subscribe makes a streaming subscription for a mailbox of the group at place.
	Subscribe(ctx context.Context, place messages.Place, mailbox messages.Address) (Subscribed, error)
	// Unsubscribe ends one. A subscription that is already gone is no error.
	Unsubscribe(ctx context.Context, place messages.Place, mailbox messages.Address, id messages.SubscriptionID) error
}

// Subscribed is Exchange's answer to Subscribe.
type Subscribed struct {
	ID             messages.SubscriptionID
	Since          time.Time       // Exchange's time of the answer
	Cookie         messages.Cookie // empty where none was set
	ExchangeCookie messages.Cookie // empty where none was set
}

// Ownership says which partitions of endpoints are this process's to decide. Its
// methods do not block.
type Ownership interface {
	// Owns reports whether the endpoints of a partition are this process's. It is
	// false of one that is to go to another process.
	Owns(messages.Partition) bool
	// Changes receives after Owns or Yielding began to answer otherwise; nil: never.
	Changes() <-chan struct{}
	// Yielding are the partitions that are to go to another process as soon as they
	// are released: until then no other begins with them.
	Yielding() []messages.Partition
	// Release says that nothing of a partition runs here any more.
	Release(messages.Partition)
}
