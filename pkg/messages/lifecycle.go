package messages

import "time"

// MailboxStreaming opens an epoch: its stream sequence is the epoch's number.
// The events that follow count their sequence from 1.
type MailboxStreaming struct {
	EventMeta
	Opening      string   `json:"opening"`                // unique; makes the id before the epoch has a number
	FormerEpoch  Epoch    `json:"formerEpoch,omitempty"`  // zero: none known
	LastSequence Sequence `json:"lastSequence,omitempty"` // last one stored in the former epoch
	Reason       string   `json:"reason"`
}

// MailboxStopped ends an epoch in order.
type MailboxStopped struct {
	EventMeta
	CoveredUntil time.Time  `json:"coveredUntil"` // Exchange's time
	Reason       StopReason `json:"reason"`
	Code         string     `json:"code,omitempty"` // response code or condition: events after CoveredUntil may be lost
	// Subscription is the one that was streamed, when another process goes on with it.
	Subscription SubscriptionID `json:"subscription,omitempty"`
}

// StopReason says why an epoch ended.
type StopReason string

const (
	// StopWithdrawn: no one wants the mailbox any more. Nothing is promised until it is enrolled again.
	StopWithdrawn StopReason = "withdrawn"
	// StopLost: the subscription died. The next epoch announces the gap.
	StopLost StopReason = "lost"
	// StopMoved: another group streams the mailbox.
	StopMoved StopReason = "moved"
	// StopHandedOver: another process streams the group from here on. Without Code nothing is lost.
	StopHandedOver StopReason = "handedover"
)

// MailboxGap announces that events of the mailbox between From and To may be
// missing. Both are Exchange's time; each bound may be off by Uncertainty.
type MailboxGap struct {
	EventMeta
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Uncertainty int       `json:"uncertaintySeconds"`
	Cause       string    `json:"cause"` // what opened it: a code, a condition or "takeover"
	Basis       GapBasis  `json:"basis"` // what From rests on
}

// GapUncertainty is how far a gap's bounds may be off, in seconds: 2 for dates of
// whole seconds and 60 for the clocks of Exchange's servers, which differ.
const GapUncertainty = 62

// GapBasis says what the beginning of a gap rests on.
type GapBasis string

const (
	// BasisStream: the streamer itself read everything up to From.
	BasisStream GapBasis = "stream"
	// BasisCoverage: the coverage record of a predecessor.
	BasisCoverage GapBasis = "coverage"
	// BasisStopped: the mailbox.stopped that ended the former epoch.
	BasisStopped GapBasis = "stopped"
	// BasisLastEvent: the newest event stored of the mailbox; nothing better was known.
	BasisLastEvent GapBasis = "lastevent"
)

// MailboxHealed closes a gap: what it held was read back, but for the kinds in Missing.
type MailboxHealed struct {
	EventMeta
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Missing []string  `json:"missing,omitempty"` // deleted, moved, readflag, intermediate
}

// UnknownEvent is an event of a newer producer: its place in the epoch is known,
// so that it leaves no hole, and its meaning is not.
type UnknownEvent struct {
	EventMeta
	What Kind   `json:"-"`
	Body []byte `json:"-"` // as it was published
}

// Kind is object and verb.
func (e UnknownEvent) Kind() Kind { return e.What }

// Kind is mailbox.streaming.
func (e MailboxStreaming) Kind() Kind { return Kind{ObjectMailbox, VerbStreaming} }

// ID is made of Opening: the epoch has no number yet.
func (e MailboxStreaming) ID() string { return "opening-" + e.Opening }

// Kind is mailbox.stopped.
func (e MailboxStopped) Kind() Kind { return Kind{ObjectMailbox, VerbStopped} }

// Kind is mailbox.gap.
func (e MailboxGap) Kind() Kind { return Kind{ObjectMailbox, VerbGap} }

// Kind is mailbox.healed.
func (e MailboxHealed) Kind() Kind { return Kind{ObjectMailbox, VerbHealed} }
