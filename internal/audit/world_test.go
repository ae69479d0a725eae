package audit_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

const anna = "anna@x.test"

var start = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// world is one mailbox, what the simulator knows of it, and what is stored.
// Times are seconds since start.
type world struct {
	truth  exchangesim.Truth
	stored []audit.Stored
}

func newWorld() *world { return &world{} }

func second(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }

func (w *world) subscribe(at int) {
	w.truth.Subscriptions = append(w.truth.Subscriptions, exchangesim.Subscription{Mailbox: anna, Created: second(at)})
}

// raise makes an event like no other and returns its index.
func (w *world) raise(at int) int {
	n, unread := len(w.truth.Events), len(w.truth.Events)
	name := func(what string) string { return fmt.Sprintf("%s-%d", what, n) }
	w.truth.Events = append(w.truth.Events, exchangesim.Event{Seq: uint64(n + 1), Mailbox: anna, Type: "MovedEvent",
		At: second(at), ItemID: name("item"), FolderID: name("folder"), ParentFolderID: name("parent"),
		OldItemID: name("olditem"), OldFolderID: name("oldfolder"), OldParentFolderID: name("oldparent"), UnreadCount: &unread})
	return n
}

// repeat makes an event that equals all others made so.
func (w *world) repeat(at int) int {
	n := len(w.truth.Events)
	w.truth.Events = append(w.truth.Events, exchangesim.Event{Seq: uint64(n + 1), Mailbox: anna, Type: "ModifiedEvent",
		At: second(at).Add(time.Duration(n) * time.Millisecond), ItemID: "same", ParentFolderID: "inbox"})
	return n
}

// write notes that events went over a connection.
func (w *world) write(events ...int) {
	for _, n := range events {
		w.truth.Writes = append(w.truth.Writes, exchangesim.Write{Mailbox: anna, Event: w.truth.Events[n].Seq})
	}
}

func (w *world) keep(e messages.Event) {
	w.stored = append(w.stored, audit.Stored{Event: e, Sequence: uint64(len(w.stored) + 1)})
}

func (w *world) meta(epoch, sequence int) messages.EventMeta {
	return messages.EventMeta{Mailbox: anna, Epoch: messages.Epoch(epoch), Sequence: messages.Sequence(sequence)}
}

func (w *world) open(epoch int) { w.openAt(epoch, 0) }

func (w *world) openAt(epoch, at int) {
	meta := w.meta(epoch, 0)
	meta.Time = second(at)
	w.keep(messages.MailboxStreaming{EventMeta: meta, Opening: fmt.Sprint(epoch)})
}

func (w *world) gap(epoch, sequence, from, to int) {
	w.keep(messages.MailboxGap{EventMeta: w.meta(epoch, sequence), From: second(from), To: second(to)})
}

func (w *world) stop(epoch, sequence, until int, why messages.StopReason) {
	w.keep(messages.MailboxStopped{EventMeta: w.meta(epoch, sequence), CoveredUntil: second(until), Reason: why})
}

// event is the event of the index as it would be stored.
func (w *world) event(epoch, sequence, n int) messages.MailboxEvent {
	raised := w.truth.Events[n]
	meta := w.meta(epoch, sequence)
	meta.Time = raised.At.Truncate(time.Second)
	return messages.MailboxEvent{EventMeta: meta, Event: raised.Type, Origin: messages.OriginStream, UnreadCount: raised.UnreadCount,
		Item: ref(raised.ItemID), FolderRef: ref(raised.FolderID), Parent: ref(raised.ParentFolderID),
		OldItem: ref(raised.OldItemID), OldFolderRef: ref(raised.OldFolderID), OldParent: ref(raised.OldParentFolderID)}
}

func ref(id string) *messages.Ref {
	if id == "" {
		return nil
	}
	return &messages.Ref{ID: id, ChangeKey: "a stub"}
}

func (w *world) storeRaised(epoch, sequence, n int) { w.keep(w.event(epoch, sequence, n)) }

// randomEpochs stores some epochs with events, equal ones among them.
func (w *world) randomEpochs(t *rapid.T) {
	for epoch := range rapid.IntRange(1, 3).Draw(t, "epochs") {
		w.open(epoch + 1)
		for sequence := range rapid.IntRange(1, 5).Draw(t, "events") {
			raise := w.raise
			if rapid.Bool().Draw(t, "equal") {
				raise = w.repeat
			}
			n := raise(5)
			w.write(n)
			w.storeRaised(epoch+1, sequence+1, n)
		}
	}
}

// damage changes what is stored for the worse and says how.
func (w *world) damage(t *rapid.T) string {
	var events []int // indexes of item and folder events
	for i, s := range w.stored {
		if _, ok := s.Event.(messages.MailboxEvent); ok {
			events = append(events, i)
		}
	}
	i := rapid.SampledFrom(events).Draw(t, "at")
	e := w.stored[i].Event.(messages.MailboxEvent)
	switch kind := rapid.SampledFrom([]string{"dropped", "doubled", "doubled with a new id", "invented", "renumbered"}).Draw(t, "damage"); kind {
	case "dropped":
		w.stored = slices.Delete(w.stored, i, i+1)
		return kind
	case "doubled":
		w.stored = slices.Insert(w.stored, i+1, w.stored[i])
		return kind
	case "doubled with a new id":
		last := w.stored[len(w.stored)-1].Event.Meta()
		e.Epoch, e.Sequence = last.Epoch, last.Sequence+1
		w.keep(e)
		return kind
	case "invented":
		e.Item = ref("never seen")
		w.stored[i].Event = e
		return kind
	default:
		e.Sequence += 100
		w.stored[i].Event = e
		return kind
	}
}
