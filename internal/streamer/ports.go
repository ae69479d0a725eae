package streamer

import (
	"context"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Store is what the stage reads and records besides events.
type Store interface {
	// Groups delivers every GroupSubscribed from the beginning, then the
	// caught-up mark, then new ones, until ctx ends.
	Groups(ctx context.Context) (<-chan messages.Recorded, error)
	// Folders is the last folders fact of a mailbox.
	Folders(ctx context.Context, mailbox messages.Address) (messages.MailboxFolders, bool, error)
	// Last is the newest event stored of a mailbox.
	Last(ctx context.Context, mailbox messages.Address) (messages.Event, bool, error)
	// End is the sequence of the newest message of the stream of events.
	End(ctx context.Context) (uint64, error)
	// Epoch is the newest epoch of a mailbox; zero: none has opened.
	Epoch(ctx context.Context, mailbox messages.Address) (messages.Epoch, error)
	// OpenEpochs stores the openings of epochs and returns their numbers. Each is
	// stored only if the mailbox's newest epoch is still the former one that it
	// names; an *outcome.EpochError tells whose was not.
	OpenEpochs(ctx context.Context, openings []messages.MailboxStreaming) ([]messages.Epoch, error)
	// Coverage is the coverage record of a group and its sequence; 0: there is none.
	Coverage(ctx context.Context, group messages.GroupID) (messages.Coverage, uint64, error)
	// SaveCoverage replaces the record that has the sequence expected. Of another one
	// an *outcome.ConflictError tells.
	SaveCoverage(ctx context.Context, coverage messages.Coverage, expected uint64) (uint64, error)
	// RequestRegroup stores a request; a repeat with the same id is dropped.
	RequestRegroup(ctx context.Context, request messages.RegroupRequested) error
}

// Lane stores events. Publish returns when all are stored in order, with the
// stream sequence of each. Its error is the context's, or an
// *outcome.UnstorableError that tells the index of an event that can never be
// stored: those before it are stored, it and those after it are not.
type Lane interface {
	Publish(ctx context.Context, events []messages.Event) ([]uint64, error)
	// Stored is the highest stream sequence that was acknowledged.
	Stored() uint64
	// Regressions receives after the stream of events has gone backwards: it holds
	// less than it had acknowledged.
	Regressions() <-chan outcome.Regression
}

// Exchange opens connections. Errors of it and of its streams are
// *ewsaffinity.Fault, or the context's.
type Exchange interface {
	Open(ctx context.Context, place messages.Place, ids []messages.SubscriptionID) (Stream, error)
}

// Stream is an open GetStreamingEvents connection.
type Stream interface {
	// Opened is Exchange's time (Date) of the answer.
	Opened() time.Time
	// Next waits for an envelope. After one that is Closed the stream is at its end.
	Next() (Envelope, error)
	// Close cuts the connection and makes Next return.
	Close() error
}

// Envelope is what arrives at once. Without Notifications, Faults and Closed it
// is a heartbeat.
type Envelope struct {
	Notifications []Notification
	Faults        []*ewsaffinity.Fault // Died names the ids; empty: all are in doubt
	Closed        bool                 // the in-band end
	Forbidden     int                  // characters that XML forbids, which were left out
}

// Notification is what happened in one subscription; without Events it only
// shows that the subscription lives.
type Notification struct {
	Subscription messages.SubscriptionID
	Events       []Notice
	More         bool // the queue holds more
}

// Notice is one event of a notification.
type Notice struct {
	Name        string // EWS element name
	Kind        messages.Kind
	Time        time.Time
	Item        *messages.Ref
	Folder      *messages.Ref
	Parent      *messages.Ref
	OldItem     *messages.Ref
	OldFolder   *messages.Ref
	OldParent   *messages.Ref
	UnreadCount *int
}

// Ownership says which groups are this process's to stream.
type Ownership interface {
	// Role is this process's part in a group. It does not block. To ask shows
	// interest: a group that no process asks for has no owner.
	Role(group messages.GroupID) lease.Role
	// Changes receives after Role began to answer otherwise; nil: never.
	Changes() <-chan struct{}
	// Opened says, as the successor, that the connection is open.
	Opened(group messages.GroupID)
	// Release gives a group up: to its successor, if it has one. From then on Role is
	// nobody's, until the group is offered anew.
	Release(group messages.GroupID)
	// Forget ends the interest in a group that has no members.
	Forget(group messages.GroupID)
	// Leave says that this process is about to end: its groups go to others.
	Leave()
	// ID is this process's among those that stream.
	ID() string
	// Members counts the processes that stream, this one included.
	Members() int
}
