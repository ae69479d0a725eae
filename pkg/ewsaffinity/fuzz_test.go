package ewsaffinity

import (
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// FuzzApply folds whatever can be decoded: lines of a type's short name and a
// body. Nothing may panic, and a plan keeps its bounds.
func FuzzApply(f *testing.F) {
	f.Add("mailbox.enrolled {\"mailbox\":\"a@x.test\",\"source\":\"file\"}\nmailbox.discovered {\"mailbox\":\"a@x.test\",\"externalEwsUrl\":\"u\"}", 1)
	f.Add("mailbox.stale {\"mailbox\":\"a@x.test\"}\nmailbox.parked {\"mailbox\":\"a@x.test\",\"nextAttempt\":\"9999-01-01T00:00:00Z\",\"attempts\":-1}", 0)
	f.Add("mailbox.grouped {\"mailbox\":\"a@x.test\",\"lost\":\"silence\"}\nmailbox.folders {\"mailbox\":\"a@x.test\"}\nmailbox.withdrawn {\"mailbox\":\"a@x.test\"}", 2)
	f.Add("group.subscribed {\"group\":\"g\",\"generation\":18446744073709551615,\"subscriptions\":{\"a@x.test\":{\"id\":\"s\"}}}\n"+
		"group.regrouprequested {\"group\":\"g\",\"generation\":18446744073709551615,\"died\":{\"a@x.test\":\"s\"},\"action\":\"regroup\"}", -5)
	f.Add("group.subscribed {\"group\":\"g\",\"subscriptions\":null}\nmailbox.undiscoverable {}\nmailbox.enrolled {}", 300)
	f.Fuzz(func(t *testing.T, lines string, size int) {
		roster := NewRoster()
		now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
		for i, line := range strings.Split(lines, "\n") {
			name, body, _ := strings.Cut(line, " ")
			fact, err := messages.DecodeFact(messages.Message{
				Header: map[string][]string{"ce-type": {"ewsnats." + name + ".v1"}, "ce-id": {line}}, Data: []byte(body)})
			if err != nil {
				continue
			}
			recorded := messages.Recorded{Fact: fact, Sequence: uint64(i)}
			roster.Apply(recorded)
			roster.Apply(recorded)
			if r, ok := fact.(messages.RegroupRequested); ok {
				losses := roster.Regroup(r, now)
				for _, a := range losses.Lost {
					if _, still := losses.Group.Subscriptions[a]; still {
						t.Errorf("%s is lost and still in the group", a)
					}
				}
			}
		}
		for _, c := range roster.Plan(now, size).Changes {
			if len(c.Join) > min(max(size, 1), MaxGroupSize) {
				t.Errorf("%d join %s, the size is %d", len(c.Join), c.Group, size)
			}
		}
	})
}
