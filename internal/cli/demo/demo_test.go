package demo

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

const anna = "anna@sim.test"

// worldOf is a world whose simulator delivered one mail, and whose stream holds
// that mail's events changed by alter.
func worldOf(t *testing.T, alter func([]messages.MailboxEvent) []messages.MailboxEvent) *world {
	t.Helper()
	w := &world{o: options{mailboxes: 1}, state: newState(), sim: exchangesim.New(exchangesim.Config{}), users: func() {}}
	t.Cleanup(func() { w.sim.Close() })
	w.sim.AddMailbox(anna, "ex01.sim.test", "Site-A")
	w.sim.Deliver(anna)
	w.state.event(jetbus.StoredEvent{Sequence: 1, Event: messages.MailboxStreaming{EventMeta: messages.EventMeta{Mailbox: anna, Epoch: 1}, Opening: "o"}})
	truth := w.sim.Truth()
	var stored []messages.MailboxEvent
	for _, e := range truth.Events {
		stored = append(stored, storedForm(e))
		truth.Writes = append(truth.Writes, exchangesim.Write{Connection: 1, Mailbox: anna, Event: e.Seq})
	}
	w.truth = func() exchangesim.Truth { return truth }
	for i, e := range alter(stored) {
		e.EventMeta = messages.EventMeta{Mailbox: anna, Epoch: 1, Sequence: messages.Sequence(i + 1), Time: e.Time}
		w.state.event(jetbus.StoredEvent{Sequence: uint64(i + 2), Event: e})
	}
	return w
}

func storedForm(e exchangesim.Event) messages.MailboxEvent {
	ref := func(id string) *messages.Ref {
		if id == "" {
			return nil
		}
		return &messages.Ref{ID: id}
	}
	return messages.MailboxEvent{EventMeta: messages.EventMeta{Time: e.At.Truncate(time.Second)}, Event: e.Type,
		What: messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbCreated}, Folder: messages.FolderInbox,
		Item: ref(e.ItemID), FolderRef: ref(e.FolderID), Parent: ref(e.ParentFolderID), UnreadCount: e.UnreadCount}
}

func TestTheVerdictIsMadeOfTruthAndStream(t *testing.T) {
	for _, c := range []struct {
		name  string
		alter func([]messages.MailboxEvent) []messages.MailboxEvent
		want  string // of the error
	}{
		{"everything there", func(all []messages.MailboxEvent) []messages.MailboxEvent { return all }, ""},
		{"nothing there", func([]messages.MailboxEvent) []messages.MailboxEvent { return nil }, "no event was stored"},
		{"one that never happened", func(all []messages.MailboxEvent) []messages.MailboxEvent {
			strange := all[0]
			strange.Item = &messages.Ref{ID: "AAMkNever"}
			return append(all, strange)
		}, "the stream does not hold what happened"},
		{"out of order", func(all []messages.MailboxEvent) []messages.MailboxEvent {
			all[0], all[1] = all[1], all[0]
			return all
		}, "the stream does not hold what happened"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := worldOf(t, c.alter)
				var out bytes.Buffer
				err := w.judge(t.Context(), &out)
				if have := fmt.Sprint(err); c.want == "" && err != nil || c.want != "" && have != c.want {
					t.Errorf("have error %v, want %q\n%s", err, c.want, &out)
				}
				if !strings.Contains(out.String(), "changes made 1, ") || !strings.Contains(out.String(), "missing 0") {
					t.Errorf("the summary does not count: %s", &out)
				}
			})
		})
	}
}

func TestTheScreenFitsTheTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := worldOf(t, func(all []messages.MailboxEvent) []messages.MailboxEvent { return all })
		w.state.say(strings.Repeat("a long line of news ", 20))
		lines := w.state.screen(3, 60, 12)
		if len(lines) != 12 {
			t.Errorf("have %d lines, want 12", len(lines))
		}
		for _, line := range lines {
			if n := len([]rune(line)); n > 60 {
				t.Errorf("a line has %d columns: %s", n, line)
			}
		}
		whole := strings.Join(w.state.screen(3, 0, 0), "\n")
		for _, want := range []string{"streaming 1", "connections  3", "first event stored", "item.created"} {
			if !strings.Contains(whole, want) {
				t.Errorf("the screen does not show %q:\n%s", want, whole)
			}
		}
	})
}

func TestWrongFlagsAreRefused(t *testing.T) {
	for _, args := range [][]string{{"--mailboxes=2"}, {"--rate=0"}, {"--for=-1s"}, {"--nonsense"}} {
		if _, err := parse(args, io.Discard); app.ExitCode(err) != app.ExitUsage {
			t.Errorf("%v: have %v, want a usage error", args, err)
		}
	}
}
