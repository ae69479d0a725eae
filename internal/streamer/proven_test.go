package streamer

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestCoveredBeforeTakesTheLaterOfRecordAndEvent(t *testing.T) {
	at := func(minutes int) time.Time { return begin.Add(time.Duration(minutes) * time.Minute) }
	a := address("a")
	meta := messages.EventMeta{Mailbox: a, Group: "g", Time: at(9)}
	foreign := messages.EventMeta{Mailbox: a, Group: "h", Time: at(9)}
	record := messages.Coverage{Group: "g", Until: at(5), Members: []messages.Address{a}}
	lagging := messages.Coverage{Group: "g", Until: at(5), Members: []messages.Address{a}, Behind: map[messages.Address]time.Time{a: at(2)}}
	for _, c := range []struct {
		name   string
		record messages.Coverage
		last   messages.Event
		want   time.Time
		basis  messages.GapBasis
	}{
		{"no event", record, nil, at(5), messages.BasisCoverage},
		{"a newer event of the stream", record, messages.MailboxEvent{EventMeta: meta, Origin: messages.OriginStream}, at(9), messages.BasisLastEvent},
		{"an older event", record, messages.MailboxGap{To: at(4)}, at(5), messages.BasisCoverage},
		{"a gap covers up to its end", record, messages.MailboxGap{EventMeta: meta, From: at(1), To: at(6)}, at(6), messages.BasisLastEvent},
		{"a stopped says it", record, messages.MailboxStopped{EventMeta: meta, CoveredUntil: at(7)}, at(7), messages.BasisLastEvent},
		{"a streaming shows nothing", record, messages.MailboxStreaming{EventMeta: meta}, at(5), messages.BasisCoverage},
		{"nor does what was read back", record, messages.MailboxEvent{EventMeta: meta, Origin: messages.OriginRecovered}, at(5), messages.BasisCoverage},
		{"nor an event of another group", record, messages.MailboxEvent{EventMeta: foreign, Origin: messages.OriginStream}, at(5), messages.BasisCoverage},
		{"nor one of a mailbox whose gap may be due", lagging, messages.MailboxEvent{EventMeta: meta, Origin: messages.OriginStream}, at(2), messages.BasisCoverage},
	} {
		t.Run(c.name, func(t *testing.T) {
			have, basis, ok := coveredBefore(c.record, a, c.last)
			if !have.Equal(c.want) || basis != c.basis || !ok {
				t.Errorf("have %s by %s, %t; want %s by %s", have, basis, ok, c.want, c.basis)
			}
		})
	}
	if _, _, ok := coveredBefore(record, address("b"), nil); ok {
		t.Error("a record that does not speak of a mailbox covers it")
	}
}
