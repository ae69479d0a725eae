package streamer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// history is what is stored of a mailbox, a line an event, times as [since]
// counts them:
//
//	streaming subscribed
//	1 newmail inbox m1
//	2 gap 1m0s-2m0s takeover (coverage)
//	3 stopped withdrawn 2m30s
//	streaming taken over, after 3 of epoch 1
func (w *world) history(name string) []string {
	var lines []string
	epochs := map[messages.Epoch]int{}
	for _, stored := range w.bus.Events() {
		meta := stored.Event.Meta()
		if meta.Mailbox != address(name) {
			continue
		}
		if s, ok := stored.Event.(messages.MailboxStreaming); ok {
			epochs[messages.Epoch(stored.Sequence)] = len(epochs) + 1
			line := "streaming " + s.Reason
			if s.FormerEpoch != 0 {
				line += fmt.Sprintf(", after %d of epoch %d", s.LastSequence, epochs[s.FormerEpoch])
			}
			lines = append(lines, line)
			continue
		}
		line := fmt.Sprintf("%d %s", meta.Sequence, describe(stored.Event))
		if epochs[meta.Epoch] != len(epochs) {
			line += fmt.Sprintf(" late, of epoch %d", epochs[meta.Epoch])
		}
		lines = append(lines, line)
	}
	return lines
}

func describe(e messages.Event) string {
	switch e := e.(type) {
	case messages.MailboxGap:
		return fmt.Sprintf("gap %s-%s %s (%s)", since(e.From), since(e.To), e.Cause, e.Basis)
	case messages.MailboxStopped:
		return strings.TrimSpace(fmt.Sprintf("stopped %s %s %s", e.Reason, since(e.CoveredUntil), e.Code))
	case messages.MailboxEvent:
		return fmt.Sprintf("%s %s %s", e.What.Verb, e.Folder, e.SubjectID())
	}
	return fmt.Sprintf("%T", e)
}

// wantHistory holds a mailbox's history against what it should be.
func (w *world) wantHistory(name string, want ...string) {
	w.t.Helper()
	if have := w.history(name); !slices.Equal(have, want) {
		w.t.Errorf("history of %s\nhave:\n\t%s\nwant:\n\t%s", name, strings.Join(have, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// wantOpenings holds the number of openings so far against what it should be.
func (w *world) wantOpenings(want int) {
	w.t.Helper()
	if have := len(w.exchange.opened()); have != want {
		w.t.Fatalf("openings: have %d, want %d", have, want)
	}
}
