package messages

import "time"

// Meta is what every fact carries besides its content.
type Meta struct {
	ID    string    `json:"-"`     // unique; also Nats-Msg-Id, so that a repeat is dropped
	Time  time.Time `json:"-"`     // when it became true
	Cause Cause     `json:"cause"` // what led to it
}

// Cause says why: the id of the fact that led to this one, and a few words.
type Cause struct {
	ID     string `json:"id,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Fact is one of the facts of this package. Facts are values; their methods are
// used by the encoding and by whoever stores them.
type Fact interface {
	// FactMeta is the common part.
	FactMeta() Meta
	// Type is the CloudEvents type, such as ewsnats.mailbox.discovered.v1.
	Type() string
	// Source is the CloudEvents source: what the fact is about.
	Source() string
	// Subject is where it is stored below a prefix.
	Subject(Subjects) string
}

// FactMeta returns the common part.
func (m Meta) FactMeta() Meta { return m }

func mailboxSource(a Address) string { return "/ews/mailboxes/" + string(a) }
func groupSource(g GroupID) string   { return "/ews/groups/" + string(g) }

// Recorded is a fact with its place in the stream. One without a Fact marks the
// point where everything that was stored when reading began has been read.
type Recorded struct {
	Fact     Fact
	Sequence uint64 // stream sequence
}

// CaughtUp reports whether r is that mark.
func (r Recorded) CaughtUp() bool { return r.Fact == nil }
