package e2e

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// produce changes mailboxes until the returned function is called.
func (b *bubble) produce(rate float64) (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	var producing sync.WaitGroup
	producing.Go(func() { b.sim.Produce(ctx, rate, 7) })
	return func() { cancel(); producing.Wait() }
}

// settle lets everything under way arrive.
func (b *bubble) settle() {
	time.Sleep(2 * time.Minute)
	synctest.Wait()
}

func TestWithoutFaultsEveryNotificationIsStoredOnceAndInOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  exchangesim.Config
	}{
		{"an envelope a write", exchangesim.Config{}},
		{"envelopes over several writes", exchangesim.Config{Framing: exchangesim.FramingSplit}},
		{"several envelopes in a write", exchangesim.Config{Framing: exchangesim.FramingBatch, Heartbeats: exchangesim.HeartbeatStatusEvent}},
		{"goodbye as gromox says it", exchangesim.Config{EndOfStolenStream: exchangesim.StolenClosed, PackedFolderIDs: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, c.cfg, func(b *bubble) {
				all := append(populate(b, "a", 15, "ex01.sim.test", "Site-A"), populate(b, "b", 15, "ex02.sim.test", "Site-B")...)
				stop := b.run()
				defer stop()
				b.list(all...)
				b.untilStreaming(30)
				stopProducing := b.produce(0.5)
				for range 70 { // minutes: at least two renewals of each connection
					item := b.sim.Deliver("a001@sim.test")
					for range 3 { // several changes of one item in one second
						b.sim.MarkRead("a001@sim.test", item.ID)
					}
					time.Sleep(time.Minute)
				}
				stopProducing()
				b.settle()

				if report := b.sound(); report.Gaps > 0 {
					t.Errorf("want no gap, have %d", report.Gaps)
				}
				checkWritten(t, b)
				if n := len(b.sim.Truth().Connections); n < 6 {
					t.Errorf("want each of two groups renewed at least twice, have %d connections", n)
				}
			})
		})
	}
}

// checkWritten holds the stream against what the simulator wrote, one by one.
func checkWritten(t *testing.T, b *bubble) {
	t.Helper()
	truth := b.sim.Truth()
	written := map[messages.Address][]exchangesim.Event{}
	for _, w := range truth.Writes {
		e, _ := truth.EventBySeq(w.Event)
		written[messages.Address(w.Mailbox)] = append(written[messages.Address(w.Mailbox)], e)
	}
	stored := map[messages.Address][]messages.MailboxEvent{}
	for _, e := range events[messages.MailboxEvent](b) {
		stored[e.Mailbox] = append(stored[e.Mailbox], e)
	}
	sameSecond := false
	for mailbox, want := range written {
		have := stored[mailbox]
		if len(have) != len(want) {
			t.Errorf("%s: %d notifications written, %d events stored", mailbox, len(want), len(have))
			continue
		}
		seen := map[string]bool{}
		for i, e := range have {
			w := want[i]
			if e.Event != w.Type || !e.Time.Equal(w.At.Truncate(time.Second)) || e.SubjectID() != w.ItemID+w.FolderID {
				t.Errorf("%s: notification %d was %s of %s, stored is %s of %s", mailbox, i, w.Type, w.ItemID+w.FolderID, e.Event, e.SubjectID())
			}
			if wantFolder := knownFolder(w); e.Folder != wantFolder {
				t.Errorf("%s: notification %d lies in %s, stored is %s", mailbox, i, wantFolder, e.Folder)
			}
			change := e.Event + e.SubjectID() + e.Time.String()
			sameSecond = sameSecond || e.Item != nil && seen[change]
			seen[change] = true
		}
	}
	if !sameSecond {
		t.Error("the producers made no two equal changes of one item in one second: the test is blind to mistaken duplicates")
	}
}

// knownFolder is the folder of an item's event; that of a folder's event is the
// folder's parent, which in these mailboxes has no name of its own.
func knownFolder(e exchangesim.Event) messages.FolderName {
	if e.ItemID == "" {
		return messages.FolderOther
	}
	if name := e.Folder; slices.Contains(messages.WellKnownFolders(), messages.FolderName(name)) {
		return messages.FolderName(name)
	}
	return messages.FolderOther
}
