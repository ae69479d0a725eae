package audit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// verdict is how many cases of each kind of wrong are found.
type verdict struct{ missing, invented, repeated, holes, outOfOrder int }

func (w *world) judge() (audit.Report, verdict) {
	report := audit.Check(w.truth, w.stored)
	v := verdict{len(report.Missing), len(report.Invented), len(report.Repeated), len(report.Holes), len(report.OutOfOrder)}
	return report, v
}

// inOrder stores three deliveries as they were raised.
func inOrder(w *world) {
	w.subscribe(0)
	w.open(1)
	for range 3 {
		w.write(w.raise(1))
	}
}

func TestEachKindOfWrongIsFound(t *testing.T) {
	tests := []struct {
		name  string
		story func(w *world)
		want  verdict
	}{
		{"all is well", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
			w.storeRaised(1, 3, 2)
		}, verdict{}},
		{"nothing is stored", inOrder, verdict{missing: 3}},
		{"not even an epoch is opened", func(w *world) { w.subscribe(0); w.write(w.raise(1)) }, verdict{missing: 1}},
		{"the last is missing", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
		}, verdict{missing: 1}},
		{"one in the middle is missing, and no number", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 2)
		}, verdict{missing: 1}},
		{"one in the middle is missing with its number", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 3, 2)
		}, verdict{missing: 1, holes: 1}},
		{"the first number is not one", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 2, 0)
			w.storeRaised(1, 3, 1)
			w.storeRaised(1, 4, 2)
		}, verdict{holes: 1}},
		{"a number comes twice", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 1, 1)
			w.storeRaised(1, 2, 2)
		}, verdict{repeated: 1, missing: 1}},
		{"an event is stored twice with one id", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 3, 2)
		}, verdict{repeated: 1}},
		{"an event is stored twice with two ids", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
			w.storeRaised(1, 3, 2)
			w.storeRaised(1, 4, 2)
		}, verdict{outOfOrder: 1, repeated: 1}},
		{"an event is stored again in a later epoch", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
			w.storeRaised(1, 3, 2)
			w.open(9)
			w.storeRaised(9, 1, 2)
		}, verdict{repeated: 1}},
		{"an opening is stored twice", func(w *world) {
			w.subscribe(0)
			w.open(1)
			w.open(1)
		}, verdict{repeated: 1}},
		{"two are swapped", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 2)
			w.storeRaised(1, 3, 1)
		}, verdict{outOfOrder: 1, missing: 1}},
		{"an epoch never opened", func(w *world) {
			w.subscribe(0)
			w.write(w.raise(1))
			w.storeRaised(7, 1, 0)
		}, verdict{holes: 1}},
		{"a lifecycle event leaves a hole", func(w *world) {
			w.subscribe(0)
			w.open(1)
			w.gap(1, 2, 10, 20)
		}, verdict{holes: 1}},
		{"what only subscriptions to named folders see is not asked for", func(w *world) {
			inOrder(w)
			w.truth.Events[w.raise(1)].FoldersOnly = true
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
			w.storeRaised(1, 3, 2)
		}, verdict{}},
		{"an event of another mailbox", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
			e := w.event(1, 1, 2)
			e.Mailbox = "bert@x.test"
			w.keep(messages.MailboxStreaming{EventMeta: messages.EventMeta{Mailbox: "bert@x.test", Epoch: 1}, Opening: "bert"})
			w.keep(e)
		}, verdict{missing: 1, invented: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			test.story(w)
			report, have := w.judge()
			if have != test.want {
				t.Errorf("\nwant %+v\nhave %+v\n%s", test.want, have, report)
			}
			if report.Sound() != (test.want == verdict{}) {
				t.Errorf("sound: %v with %+v", report.Sound(), have)
			}
		})
	}
}

// TestEveryPartOfAnEventCounts: an event that differs in one part from what was
// raised is invented, and the true one missing.
func TestEveryPartOfAnEventCounts(t *testing.T) {
	other := &messages.Ref{ID: "other"}
	for name, change := range map[string]func(*messages.MailboxEvent){
		"event":           func(e *messages.MailboxEvent) { e.Event = "CreatedEvent" },
		"time":            func(e *messages.MailboxEvent) { e.Time = e.Time.Add(time.Second) },
		"item":            func(e *messages.MailboxEvent) { e.Item = other },
		"no item":         func(e *messages.MailboxEvent) { e.Item = nil },
		"folder":          func(e *messages.MailboxEvent) { e.FolderRef = other },
		"parent":          func(e *messages.MailboxEvent) { e.Parent = other },
		"old item":        func(e *messages.MailboxEvent) { e.OldItem = other },
		"old folder":      func(e *messages.MailboxEvent) { e.OldFolderRef = other },
		"old parent":      func(e *messages.MailboxEvent) { e.OldParent = other },
		"unread count":    func(e *messages.MailboxEvent) { n := *e.UnreadCount + 1; e.UnreadCount = &n },
		"no unread count": func(e *messages.MailboxEvent) { e.UnreadCount = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.subscribe(0)
			w.open(1)
			w.write(w.raise(1))
			e := w.event(1, 1, 0)
			change(&e)
			w.keep(e)
			if report, have := w.judge(); have != (verdict{missing: 1, invented: 1}) {
				t.Errorf("have %+v\n%s", have, report)
			}
		})
	}
}

// TestWhatIsExcused: seconds at which an event may be absent from the stream.
func TestWhatIsExcused(t *testing.T) {
	within := func(from, to int) func(int) bool {
		return func(at int) bool { return from <= at && at <= to }
	}
	never := func(int) bool { return false }
	tests := []struct {
		name    string
		story   func(w *world)
		excused func(at int) bool
	}{
		{"nothing, once subscribed", func(w *world) { w.subscribe(0); w.open(1) }, never},
		{"before the first subscription", func(w *world) { w.subscribe(20); w.open(1); w.subscribe(30) }, within(0, 19)},
		{"a gap", func(w *world) { w.subscribe(0); w.open(1); w.gap(1, 1, 10, 20) }, within(8, 22)},
		{"a gap announced in a later epoch", func(w *world) { w.subscribe(0); w.open(1); w.open(2); w.gap(2, 1, 10, 20) }, within(8, 22)},
		{"a gap of a moment", func(w *world) { w.subscribe(0); w.open(1); w.gap(1, 1, 10, 10) }, within(8, 12)},
		{"not a gap that ends before it begins", func(w *world) { w.subscribe(0); w.open(1); w.gap(1, 1, 20, 10) }, never},
		{"not a gap without an end", func(w *world) {
			w.subscribe(0)
			w.open(1)
			w.keep(messages.MailboxGap{EventMeta: w.meta(1, 1), From: start})
		}, never},
		{"not a gap without a beginning", func(w *world) {
			w.subscribe(0)
			w.open(1)
			w.keep(messages.MailboxGap{EventMeta: w.meta(1, 1), To: start.Add(time.Hour)})
		}, never},
		{"not another mailbox's gap", func(w *world) {
			w.subscribe(0)
			w.open(1)
			w.keep(messages.MailboxStreaming{EventMeta: messages.EventMeta{Mailbox: "bert@x.test", Epoch: 1}, Opening: "bert"})
			w.keep(messages.MailboxGap{EventMeta: messages.EventMeta{Mailbox: "bert@x.test", Epoch: 1, Sequence: 1},
				From: start, To: start.Add(time.Hour)})
		}, never},
		{"withdrawn for good", func(w *world) { w.subscribe(0); w.open(1); w.stop(1, 1, 10, messages.StopWithdrawn) }, within(8, 59)},
		{"withdrawn until enrolled again", func(w *world) {
			w.subscribe(0)
			w.open(1)
			w.stop(1, 1, 10, messages.StopWithdrawn)
			w.openAt(2, 20)
		}, within(8, 22)},
		{"withdrawn, and stopped only after it was enrolled again", func(w *world) {
			w.subscribe(0)
			w.open(1)
			w.openAt(2, 20)
			w.stop(1, 1, 10, messages.StopWithdrawn)
		}, within(8, 22)},
		{"not a loss without a gap", func(w *world) { w.subscribe(0); w.open(1); w.stop(1, 1, 10, messages.StopLost) }, never},
		{"not a move", func(w *world) { w.subscribe(0); w.open(1); w.stop(1, 1, 10, messages.StopMoved); w.openAt(2, 20) }, never},
		{"not the time between two gaps", func(w *world) {
			w.subscribe(0)
			w.open(1)
			w.gap(1, 1, 10, 20)
			w.gap(1, 2, 40, 50)
		}, func(at int) bool { return within(8, 22)(at) || within(38, 52)(at) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for at := range 60 {
				w := newWorld()
				test.story(w)
				w.raise(at)
				if report, _ := w.judge(); report.Sound() != test.excused(at) {
					t.Errorf("missing at second %d: excused %v\n%s", at, report.Sound(), report)
				}
			}
		})
	}
}

func TestTheReportCounts(t *testing.T) {
	w := newWorld()
	w.truth.Changes = make([]exchangesim.Change, 7)
	inOrder(w)
	w.truth.Writes[2].Failed = true
	w.storeRaised(1, 1, 0)
	w.storeRaised(1, 2, 1)
	w.gap(1, 3, 0, 10)
	w.gap(1, 4, 20, 25)
	report, _ := w.judge()
	want := audit.Report{Changes: 7, Notifications: 2, Events: 2, Gaps: 2, GapTime: 15 * time.Second}
	if fmt.Sprintf("%+v", report) != fmt.Sprintf("%+v", want) {
		t.Errorf("\nwant %+v\nhave %+v", want, report)
	}
	if text := "changes made 7, notifications written 2, events stored 2, gaps 2 (15.0 s), missing 0"; report.String() != text {
		t.Errorf("\nwant %s\nhave %s", text, report)
	}
}

func TestTheReportNamesEveryKindOfWrong(t *testing.T) {
	some := []string{"case 1", "case 2", "case 3", "case 4", "case 5", "case 6", "case 7"}
	for what, report := range map[string]audit.Report{
		"missing": {Missing: some}, "invented": {Invented: some}, "repeated": {Repeated: some},
		"hole in the sequence": {Holes: some}, "out of order": {OutOfOrder: some},
	} {
		text := report.String()
		lines := strings.Split(text, "\n")
		if report.Sound() || len(lines) != 7 || !slices.Contains(lines, "  "+what+": case 5") || !strings.Contains(text, "and 2 more") {
			t.Errorf("want five cases of %s and how many more, have\n%s", what, text)
		}
	}
}
