package metrics

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// sum adds up the series of a metric that have all of the labels, and none of
// those that begin with "!".
func sum(t *testing.T, m *Metrics, name string, labels ...string) float64 {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, f := range families {
		if f.GetName() != prefix+name {
			continue
		}
		for _, series := range f.GetMetric() {
			text := " "
			for _, l := range series.GetLabel() {
				text += l.GetName() + "=" + l.GetValue() + " "
			}
			if matches(text, labels) {
				total += series.GetCounter().GetValue() + series.GetGauge().GetValue()
			}
		}
	}
	return total
}

func matches(text string, labels []string) bool {
	for _, l := range labels {
		if label, not := strings.CutPrefix(l, "!"); strings.Contains(text, " "+label+" ") == not {
			return false
		}
	}
	return true
}

// balance is what was received and is not accounted for.
func balance(t *testing.T, m *Metrics) float64 {
	t.Helper()
	return sum(t, m, "notifications_received_total") -
		sum(t, m, "events_published_total", "!object=mailbox", "origin=stream") -
		sum(t, m, "events_dropped_total") - sum(t, m, "notifications_in_hand")
}

func TestReceivedIsPublishedDroppedOrInHand(t *testing.T) {
	m := New(Config{Stages: []string{Streamer}})
	random := rand.New(rand.NewPCG(1, 2))
	kinds := append(notificationKinds(), messages.Kind{Object: "item", Verb: "archived"})
	reasons := []string{"withdrawn", "moved", unstorable, "a reason of tomorrow"}
	var hand []messages.Kind
	take := func() messages.Kind {
		kind := hand[0]
		hand = hand[1:]
		return kind
	}
	for step := range 2000 {
		switch n := random.IntN(6); {
		case n < 2:
			kind := kinds[random.IntN(len(kinds))]
			m.Received(kind)
			hand = append(hand, kind)
		case n == 2 && len(hand) > 0:
			m.Stored(storedEvent(take(), messages.OriginStream))
		case n == 3 && len(hand) > 0:
			take()
			m.Dropped(reasons[random.IntN(len(reasons))], random.IntN(2) == 0, 1)
		case n == 4: // what Exchange did not send counts for nothing
			m.Stored(storedEvent(kinds[random.IntN(len(kinds))], messages.OriginRecovered))
		case n == 5:
			m.Stored(messages.MailboxStreaming{})
			m.Stored(messages.MailboxGap{From: noon, To: noon})
		}
		if step%50 > 0 {
			continue // reading them all takes long
		}
		if have := sum(t, m, "notifications_in_hand"); have != float64(len(hand)) {
			t.Fatalf("%v in hand, want %d", have, len(hand))
		}
		if off := balance(t, m); off != 0 {
			t.Fatalf("%v notifications are not accounted for", off)
		}
	}
	m.Dropped("withdrawn", true, len(hand))
	if sum(t, m, "notifications_in_hand") != 0 || balance(t, m) != 0 {
		t.Error("something is left in hand")
	}
}

func TestGapsAreCountedByReason(t *testing.T) {
	m := New(Config{Stages: []string{Streamer}})
	for _, cause := range []string{"takeover", "ErrorSubscriptionNotFound", "eof", "a text of a server"} {
		m.Stored(messages.MailboxGap{From: noon, To: noon.Add(20 * time.Second), Cause: cause})
	}
	m.Stored(messages.MailboxGap{From: noon, To: noon.Add(-time.Second), Cause: "eof"})
	has(t, m, `ewsnats_gaps_total{reason="takeover"} 1`, `ewsnats_gaps_total{reason="ErrorSubscriptionNotFound"} 1`,
		`ewsnats_gaps_total{reason="eof"} 2`, `ewsnats_gaps_total{reason="other"} 1`,
		`ewsnats_gap_duration_seconds_bucket{le="30"} 5`, `ewsnats_gap_duration_seconds_sum 80`,
		`ewsnats_events_published_total{object="mailbox",origin="stream",verb="gap"} 5`)
}

func TestReconnectsAndBatches(t *testing.T) {
	m := New(Config{Stages: []string{Streamer}})
	for _, reason := range []string{"renewed", "handed over", "ErrorProxyRequestNotAllowed", "silence", "x1", "x2"} {
		m.Reconnected(reason)
	}
	m.Published(3 * time.Millisecond)
	has(t, m, `ewsnats_reconnects_total{reason="renewed"} 1`, `ewsnats_reconnects_total{reason="handed over"} 1`,
		`ewsnats_reconnects_total{reason="ErrorProxyRequestNotAllowed"} 1`, `ewsnats_reconnects_total{reason="silence"} 1`,
		`ewsnats_reconnects_total{reason="other"} 2`, `ewsnats_publish_duration_seconds_bucket{le="0.005"} 1`)
}

func TestLagAndNewestEvent(t *testing.T) {
	m := New(Config{Stages: []string{Streamer}})
	if text := exposition(t, m); strings.Contains(text, "\newsnats_last_event_timestamp_seconds") {
		t.Error("a time is shown before there was an event")
	}
	newMail := messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail}
	m.Stored(storedEvent(newMail, messages.OriginStream))
	older := storedEvent(newMail, messages.OriginStream)
	older.Recorded, older.Time = noon.Add(-time.Hour), noon // Exchange's clock is an hour ahead
	m.Stored(older)
	m.Stored(storedEvent(newMail, messages.OriginRecovered))
	has(t, m, `ewsnats_last_event_timestamp_seconds 1.7952624015e+09`,
		`ewsnats_event_lag_seconds_sum 1.5`, `ewsnats_event_lag_seconds_count 2`)
}

func TestGroups(t *testing.T) {
	m := New(Config{Stages: []string{Streamer}})
	m.Group(streamer.GroupState{Group: "a-1", Owned: true, Members: 20, Streaming: 19, Gaps: 1, Connected: true, Progress: noon})
	m.Group(streamer.GroupState{Group: "b-1", Owned: true, Members: 5, Waiting: "storage full", Connected: true, Progress: noon})
	m.Group(streamer.GroupState{Group: "c-1", Owned: true, Members: 5})
	m.Group(streamer.GroupState{Group: "d-1", Members: 5, Streaming: 5, Connected: true, Progress: noon}) // a successor's
	has(t, m, `ewsnats_groups{state="streaming"} 1`, `ewsnats_groups{state="waiting"} 1`, `ewsnats_groups{state="opening"} 1`,
		`ewsnats_mailboxes{state="streaming"} 19`, `ewsnats_mailboxes{state="gap"} 1`, `ewsnats_gap_open 1`,
		`ewsnats_stream_connections 3`,
		`ewsnats_last_progress_timestamp_seconds{group="a-1"} 1.7952624e+09`)
	m.GroupGone("a-1")
	if text := exposition(t, m); strings.Contains(text, `group="a-1"`) || strings.Contains(text, `group="c-1"`) || strings.Contains(text, `group="d-1"`) {
		t.Errorf("a group that is gone, had no progress or is not owned has a time:\n%s", only(text, "ewsnats_last_progress"))
	}
}

func TestMailboxesByFacts(t *testing.T) {
	m := New(Config{Stages: []string{Subscriber}})
	steps := []struct {
		fact messages.Fact
		want string // state of the mailbox; empty: none
	}{
		{messages.MailboxEnrolled{Mailbox: anna, EnrolledBy: "a"}, "enrolled"},
		{messages.MailboxEnrolled{Mailbox: anna, EnrolledBy: "b"}, "enrolled"},
		{messages.MailboxUndiscoverable{Mailbox: anna}, "enrolled"},
		{messages.MailboxDiscovered{Mailbox: anna}, "discovered"},
		{messages.MailboxParked{Mailbox: anna}, "parked"},
		{messages.MailboxGrouped{Mailbox: anna, Subscription: "s"}, "subscribed"},
		{messages.MailboxGrouped{Mailbox: anna, Lost: "eof"}, "discovered"},
		{messages.MailboxWithdrawn{Mailbox: anna, EnrolledBy: "a"}, "discovered"},
		{messages.MailboxWithdrawn{Mailbox: anna, EnrolledBy: "b"}, ""},
	}
	m.Fact(messages.Recorded{}) // the mark
	for i, step := range steps {
		m.Fact(messages.Recorded{Fact: step.fact})
		for _, state := range []string{"enrolled", "discovered", "subscribed", "parked"} {
			want := 0.0
			if state == step.want {
				want = 1
			}
			if have := sum(t, m, "mailboxes", "state="+state); have != want {
				t.Errorf("step %d, %T: %v mailboxes %s, want %v", i, step.fact, have, state, want)
			}
		}
	}
	some := map[messages.Address]messages.Subscription{anna: {ID: "s"}}
	m.Fact(messages.Recorded{Fact: messages.GroupSubscribed{Group: "a", Subscriptions: some}})
	m.Fact(messages.Recorded{Fact: messages.GroupSubscribed{Group: "b", Subscriptions: some}})
	m.Fact(messages.Recorded{Fact: messages.GroupSubscribed{Group: "a"}})
	has(t, m, `ewsnats_groups{state="subscribed"} 1`)
}

// Native buckets are not in the text format; servers that ask by protobuf get them.
func TestHistogramsAreNativeToo(t *testing.T) {
	m := New(Config{Stages: []string{Streamer}})
	m.Published(time.Second)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == prefix+"publish_duration_seconds" {
			h := f.GetMetric()[0].GetHistogram()
			if len(h.GetPositiveSpan()) == 0 || len(h.GetBucket()) != len(publishBuckets) {
				t.Errorf("native spans %v, classic buckets %d", h.GetPositiveSpan(), len(h.GetBucket()))
			}
		}
	}
}

func BenchmarkReceivedAndStored(b *testing.B) {
	m := New(Config{Stages: []string{Streamer}})
	event := storedEvent(messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail}, messages.OriginStream)
	for b.Loop() {
		m.Received(event.What)
		m.Stored(event)
	}
}
