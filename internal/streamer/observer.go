package streamer

import (
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Observer is told what happens, for metrics and health. Its methods must not
// block; they are called from many goroutines.
type Observer interface {
	// Received is called for every notification read, before it is stored.
	Received(kind messages.Kind)
	// Stored is called for every event when it is stored.
	Stored(event messages.Event)
	// Dropped is called for notifications that are not to be stored: of mailboxes
	// that were withdrawn or moved (intended), or that could never be stored.
	Dropped(reason string, intended bool, notifications int)
	// Published is called when a batch is stored, with the time it took.
	Published(took time.Duration)
	// Reconnected is called when a connection is opened again, with the reason: a
	// code, or "renewed", "joined", "taken over", "handed over".
	Reconnected(reason string)
	// Group is called when what is true of a group that this process owns changed,
	// and after every envelope read.
	Group(state GroupState)
	// GroupGone is called when this process has nothing more to do with a group.
	GroupGone(group messages.GroupID)
}

// GroupState is what is true of a group.
type GroupState struct {
	Group     messages.GroupID
	Owned     bool // false: the successor of the owner
	Members   int
	Streaming int       // members whose epoch is open
	Gaps      int       // members whose gap is not announced yet
	Connected bool      // a connection is open and read
	Progress  time.Time // our time of the last envelope that was read and is stored
	Waiting   string    // named reason why it is not read; empty: it is
}

// unobserved tells no one.
type unobserved struct{}

func (unobserved) Received(messages.Kind)     {}
func (unobserved) Stored(messages.Event)      {}
func (unobserved) Dropped(string, bool, int)  {}
func (unobserved) Published(time.Duration)    {}
func (unobserved) Reconnected(string)         {}
func (unobserved) Group(GroupState)           {}
func (unobserved) GroupGone(messages.GroupID) {}
