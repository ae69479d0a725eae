package metrics

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

const anna = "anna.muster@contoso.com"

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func allInOne() *Metrics {
	m := New(Config{Stages: []string{Discoverer, Subscriber, Streamer}, TLSInsecure: true})
	m.Lease(Streamer, func() Lease {
		return Lease{Held: 7, Members: 2, Suspended: true, Takeovers: 3, LastTakeover: 4 * time.Second}
	})
	m.Lease(Subscriber, func() Lease { return Lease{Held: 64, Members: 1} })
	m.Trace(Streamer, func() (uint64, uint64) { return 11, 12 })
	m.Lane(func() Lane { return Lane{Duplicates: 1, Restarts: 2, Regressions: 3} })
	return m
}

// exposition is what Prometheus reads.
func exposition(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// has looks for lines of the exposition.
func has(t *testing.T, m *Metrics, lines ...string) {
	t.Helper()
	text := "\n" + exposition(t, m)
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, " ")
			name, _, _ = strings.Cut(name, "{")
			t.Errorf("want %s, have\n%s", line, only(text, name))
		}
	}
}

func only(text, name string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, name) {
			b.WriteString(line)
		}
	}
	return b.String()
}

func storedEvent(kind messages.Kind, origin messages.Origin) messages.MailboxEvent {
	return messages.MailboxEvent{What: kind, Origin: origin,
		EventMeta: messages.EventMeta{Mailbox: anna, Group: "904df97a-1", Time: noon, Recorded: noon.Add(1500 * time.Millisecond)},
		Item:      &messages.Ref{ID: "AAMk"}}
}

// feedEverything calls every method with what must not be shown.
func feedEverything(m *Metrics) {
	fault := &ewsaffinity.Fault{Op: ewsaffinity.OpSubscribe, Code: "ErrorServerBusy", BackOff: 30 * time.Second, Mailbox: anna, Text: anna}
	m.Received(messages.Kind{Object: anna, Verb: anna})
	m.Stored(storedEvent(messages.Kind{Object: anna, Verb: anna}, anna))
	m.Stored(messages.UnknownEvent{What: messages.Kind{Object: messages.ObjectMailbox, Verb: anna}})
	m.Stored(messages.MailboxGap{EventMeta: messages.EventMeta{Mailbox: anna}, From: noon, To: noon.Add(time.Minute), Cause: "lost " + anna})
	m.Dropped(anna, true, 1)
	m.Published(time.Second)
	m.Reconnected(anna)
	m.Group(streamer.GroupState{Group: "904df97a-1", Owned: true, Members: 1, Waiting: anna, Progress: noon})
	m.Request(Subscribe, fault, time.Second)
	m.Request(Subscribe, &ewsaffinity.Fault{Code: anna}, time.Second)
	m.Request(GetFolder, errors.New(anna), time.Second)
	m.Fact(messages.Recorded{Fact: messages.MailboxEnrolled{Mailbox: anna, EnrolledBy: anna}})
	m.Fact(messages.Recorded{Fact: messages.MailboxParked{Mailbox: anna, Code: anna, Text: anna}})
	m.Fact(messages.Recorded{Fact: messages.GroupSubscribed{Group: "904df97a-1", Anchor: anna,
		Subscriptions: map[messages.Address]messages.Subscription{anna: {}}}})
}

func TestNoAddressIsShown(t *testing.T) {
	m := allInOne()
	feedEverything(m)
	for line := range strings.Lines(exposition(t, m)) {
		for _, part := range []string{"@", "anna", "muster", "contoso"} {
			if strings.Contains(line, part) {
				t.Errorf("%q is in %s", part, line)
			}
		}
	}
}

func TestLint(t *testing.T) {
	m := allInOne()
	feedEverything(m)
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestClosedSetsBeginAtNothing(t *testing.T) {
	has(t, allInOne(),
		`ewsnats_notifications_received_total{type="item.newmail"} 0`,
		`ewsnats_notifications_received_total{type="folder.copied"} 0`,
		`ewsnats_events_published_total{object="mailbox",origin="stream",verb="gap"} 0`,
		`ewsnats_events_published_total{object="item",origin="recovered",verb="freebusychanged"} 0`,
		`ewsnats_events_dropped_total{intentional="false",reason="unstorable"} 0`,
		`ewsnats_events_dropped_total{intentional="true",reason="withdrawn"} 0`,
		`ewsnats_reconnects_total{reason="renewed"} 0`,
		`ewsnats_gaps_total{reason="takeover"} 0`,
		`ewsnats_gap_duration_seconds_count 0`,
		`ewsnats_publish_duration_seconds_count 0`,
		`ewsnats_event_lag_seconds_count 0`,
		`ewsnats_ews_requests_total{code="refused-login",op="Subscribe"} 0`,
		`ewsnats_ews_request_duration_seconds_count{op="GetStreamingEvents"} 0`,
		`ewsnats_ews_backoff_seconds_total 0`,
		`ewsnats_mailboxes{state="parked"} 0`, `ewsnats_mailboxes{state="streaming"} 0`,
		`ewsnats_groups{state="waiting"} 0`, `ewsnats_groups{state="subscribed"} 0`,
		`ewsnats_gap_open 0`, `ewsnats_stream_connections 0`, `ewsnats_notifications_in_hand 0`, `ewsnats_tls_insecure 1`)
}

func TestLeaseAndLaneAreReadWhenAsked(t *testing.T) {
	m := New(Config{Stages: []string{Streamer}})
	lease := Lease{Held: 1, Members: 1}
	m.Lease(Streamer, func() Lease { return lease })
	has(t, m, `ewsnats_lease_held{stage="streamer"} 1`, `ewsnats_takeovers_total{stage="streamer"} 0`, `ewsnats_lease_suspended{stage="streamer"} 0`)
	if text := exposition(t, m); strings.Contains(text, "\newsnats_failover_duration_seconds") {
		t.Error("a duration is shown before there was a take-over")
	}
	lease = Lease{Held: 5, Members: 2, Suspended: true, Takeovers: 4, LastTakeover: 1500 * time.Millisecond}
	has(t, m, `ewsnats_lease_held{stage="streamer"} 5`, `ewsnats_members{stage="streamer"} 2`, `ewsnats_takeovers_total{stage="streamer"} 4`,
		`ewsnats_lease_suspended{stage="streamer"} 1`, `ewsnats_failover_duration_seconds{stage="streamer"} 1.5`)
	has(t, allInOne(), `ewsnats_trace_records_total{stage="streamer"} 11`, `ewsnats_trace_records_dropped_total{stage="streamer"} 12`,
		`ewsnats_publish_duplicates_total 1`, `ewsnats_publish_restarts_total 2`, `ewsnats_stream_regressions_total 3`,
		`ewsnats_lease_held{stage="subscriber"} 64`)
}

func TestAStageShowsWhatItHas(t *testing.T) {
	text := exposition(t, New(Config{Stages: []string{Discoverer}}))
	for _, name := range []string{"notifications_received_total", "last_progress", "mailboxes", "stream_connections"} {
		if strings.Contains(text, prefix+name) {
			t.Errorf("a discoverer shows %s, which would be a false 0", name)
		}
	}
	if !strings.Contains(text, prefix+"ews_requests_total") || !strings.Contains(text, prefix+"build_info{") || !strings.Contains(text, "go_goroutines") {
		t.Error("a discoverer lacks requests, build_info or those of Go")
	}
}

func TestRequests(t *testing.T) {
	m := New(Config{})
	m.Request(Subscribe, nil, 30*time.Millisecond)
	m.Request(Subscribe, &ewsaffinity.Fault{Code: "ErrorServerBusy", BackOff: 2500 * time.Millisecond}, time.Second)
	m.Request(Subscribe, &ewsaffinity.Fault{Code: "ErrorInventedTomorrow"}, time.Second)
	m.Request(GetFolder, context.Canceled, time.Second)
	m.Request(GetFolder, &ewsaffinity.Fault{Code: ewsaffinity.CodeRefusedLogin, BackOff: time.Minute}, time.Second)
	m.Request(GetUserSettings, &ewsaffinity.Fault{Code: ewsaffinity.HTTPStatus(503)}, time.Second)
	m.BackOff(&ewsaffinity.Fault{Code: "ErrorServerBusy", BackOff: time.Second})
	has(t, m,
		`ewsnats_ews_requests_total{code="NoError",op="Subscribe"} 1`,
		`ewsnats_ews_requests_total{code="ErrorServerBusy",op="Subscribe"} 1`,
		`ewsnats_ews_requests_total{code="other",op="Subscribe"} 1`,
		`ewsnats_ews_requests_total{code="cancelled",op="GetFolder"} 1`,
		`ewsnats_ews_requests_total{code="refused-login",op="GetFolder"} 1`,
		`ewsnats_ews_requests_total{code="http-503",op="GetUserSettings"} 1`,
		`ewsnats_ews_request_duration_seconds_bucket{op="Subscribe",le="0.05"} 1`,
		`ewsnats_ews_backoff_seconds_total 3.5`)
}
