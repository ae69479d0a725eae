package membus

import "github.com/ewsnats/ewsnats/pkg/messages"

type faults struct {
	outage  bool
	failure error
	refuse  func(messages.Event) (reason string)
}

// Outage begins or ends an outage. While it lasts every call blocks until its
// context ends, and feeds fall silent: the bus behaves as jetbus does when NATS is
// away.
func (b *Bus) Outage(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults.outage = on
	b.wake()
}

// Fail makes every write return err until it is called with nil.
func (b *Bus) Fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults.failure = err
}

// Refuse makes events unstorable: those for which refuse returns a reason. Nil
// ends it. refuse must not call the bus.
func (b *Bus) Refuse(refuse func(messages.Event) (reason string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults.refuse = refuse
}

// Trouble names what keeps events from being stored; empty when nothing does.
func (b *Bus) Trouble() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.faults.outage {
		return "outage"
	}
	if b.faults.failure != nil {
		return b.faults.failure.Error()
	}
	return ""
}

func (f faults) reasonAgainst(e messages.Event) string {
	if f.refuse == nil {
		return ""
	}
	return f.refuse(e)
}
