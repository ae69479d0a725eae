package app

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/discoverer"
	"github.com/ewsnats/ewsnats/internal/metrics"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/internal/subscriber"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// scripted answers everything with an error.
type scripted struct {
	err     error
	trouble string
}

func (s *scripted) Discover(context.Context, []messages.Address) ([]discoverer.Answer, error) {
	return nil, s.err
}

func (s *scripted) Folders(context.Context, messages.Endpoint, messages.Address) (map[messages.FolderName]string, error) {
	return nil, s.err
}

func (s *scripted) Subscribe(context.Context, messages.Place, messages.Address) (subscriber.Subscribed, error) {
	return subscriber.Subscribed{}, s.err
}

func (s *scripted) Unsubscribe(context.Context, messages.Place, messages.Address, messages.SubscriptionID) error {
	return s.err
}

func (s *scripted) Open(context.Context, messages.Place, []messages.SubscriptionID) (streamer.Stream, error) {
	return &scriptedStream{}, s.err
}

func (s *scripted) Trouble() string { return s.trouble }

type scriptedStream struct{ streamer.Stream }

func (*scriptedStream) Next() (streamer.Envelope, error) {
	return streamer.Envelope{Faults: []*ewsaffinity.Fault{{Code: "ErrorServerBusy", BackOff: 2 * time.Second}}, Forbidden: 3}, nil
}

// why is what a check says; "" when it is well.
func why(t *testing.T, o *Observation, name string) string {
	t.Helper()
	for _, c := range o.Health.Ready().Checks {
		if c.Name == name {
			if !c.OK && c.Why == "" {
				t.Errorf("%s says no and not why", name)
			}
			return c.Why
		}
	}
	t.Fatalf("there is no check %q", name)
	return ""
}

func shown(o *Observation) string {
	w := httptest.NewRecorder()
	o.Metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func wantShown(t *testing.T, o *Observation, lines ...string) {
	t.Helper()
	text := shown(o)
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("%s is not shown", line)
		}
	}
}

func TestEveryRequestIsCountedAndARefusedLoginMakesUnready(t *testing.T) {
	o := NewObservation(config.Default(), StageSubscriber)
	answers := &scripted{err: &ewsaffinity.Fault{Code: ewsaffinity.CodeRefusedLogin, BackOff: time.Minute}}
	exchange := o.of(StageSubscriber).exchange(answers)
	if have := why(t, o, "subscriber login"); have != "" {
		t.Errorf("before any login: have %q", have)
	}
	ask := func() {
		_, _ = exchange.Discover(t.Context(), nil)
		_, _ = exchange.Folders(t.Context(), "", "")
		_, _ = exchange.Subscribe(t.Context(), messages.Place{}, "")
		_ = exchange.Unsubscribe(t.Context(), messages.Place{}, "", "")
		_, _ = exchange.Open(t.Context(), messages.Place{}, nil)
	}
	ask()
	for _, op := range []string{"GetUserSettings", "GetFolder", "Subscribe", "Unsubscribe", "GetStreamingEvents"} {
		wantShown(t, o, `ewsnats_ews_requests_total{code="refused-login",op="`+op+`"} 1`)
	}
	if have := why(t, o, "subscriber login"); !strings.Contains(have, "exchange.account") {
		t.Errorf("have %q, want it to say where to look", have)
	}
	answers.err = &ewsaffinity.Fault{Code: "ErrorServerBusy"}
	ask()
	if why(t, o, "subscriber login") == "" {
		t.Error("a busy server proves the login")
	}
	answers.err = nil
	ask()
	if have := why(t, o, "subscriber login"); have != "" {
		t.Errorf("after a good login: have %q", have)
	}
	answers.trouble = "the login waits until noon"
	if have := why(t, o, "subscriber login"); have != answers.trouble {
		t.Errorf("have %q, want the guard's own words", have)
	}
	answers.trouble = ""
	stream, err := exchange.Open(t.Context(), messages.Place{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if envelope, _ := stream.Next(); len(envelope.Faults) != 1 {
		t.Error("the stream does not pass envelopes on")
	}
	wantShown(t, o, `ewsnats_ews_requests_total{code="NoError",op="GetStreamingEvents"} 2`, "ewsnats_ews_backoff_seconds_total 2",
		"ewsnats_ews_forbidden_characters_total 3")
}

func TestAStageIsReadyWhenConnectedRegisteredAndCaughtUp(t *testing.T) {
	o := NewObservation(config.Default(), StageSubscriber)
	s := o.of(StageSubscriber)
	trouble, registered, lease := "disconnected", make(chan struct{}), metrics.Lease{}
	s.nats(func() string { return trouble })
	s.lease(registered, func() metrics.Lease { return lease })
	from := fakeFeeds{mailboxes: make(chan messages.Recorded), groups: make(chan messages.Recorded)}
	read := s.feeds(from, feedMailboxes, feedGroups)
	for name, want := range map[string]string{"subscriber nats": "disconnected", "subscriber lease": "not registered",
		"subscriber mailbox facts": "not read yet", "subscriber group facts": "not read yet"} {
		if have := why(t, o, name); !strings.Contains(have, want) {
			t.Errorf("%s: have %q, want it to say %q", name, have, want)
		}
	}
	trouble = ""
	close(registered)
	ctx, cancel := context.WithCancel(t.Context())
	mailboxes, err := read.Mailboxes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := read.Groups(ctx)
	if err != nil {
		t.Fatal(err)
	}
	enrolled := messages.Recorded{Fact: messages.MailboxEnrolled{Mailbox: "anna@contoso.com", EnrolledBy: "a"}, Sequence: 7}
	pass(t, from.mailboxes, mailboxes, enrolled)
	pass(t, from.mailboxes, mailboxes, messages.Recorded{})
	if r := o.Health.Ready(); r.OK {
		t.Errorf("ready before all feeds are read: %+v", r)
	}
	pass(t, from.groups, groups, messages.Recorded{})
	if r := o.Health.Ready(); !r.OK {
		t.Errorf("have %+v, want ready", r)
	}
	wantShown(t, o, `ewsnats_mailboxes{state="enrolled"} 1`, `ewsnats_lease_held{stage="subscriber"} 0`)
	lease.Suspended = true
	if why(t, o, "subscriber lease") == "" {
		t.Error("a suspended process is ready")
	}
	cancel()
	close(from.groups)
	from.mailboxes <- enrolled // taken, and passed to no one
	close(from.mailboxes)
	for range mailboxes {
	}
	for range groups {
	}
}

type fakeFeeds struct{ mailboxes, groups chan messages.Recorded }

func (f fakeFeeds) Mailboxes(context.Context) (<-chan messages.Recorded, error) {
	return f.mailboxes, nil
}
func (f fakeFeeds) Groups(context.Context) (<-chan messages.Recorded, error) { return f.groups, nil }

func pass(t *testing.T, in chan<- messages.Recorded, out <-chan messages.Recorded, r messages.Recorded) {
	t.Helper()
	in <- r
	if have := <-out; have != r {
		t.Errorf("passed on %+v, want %+v", have, r)
	}
}

func TestAFeedThatDoesNotBegin(t *testing.T) {
	failure := errors.New("no stream")
	if _, err := tap(t.Context(), nil, failure, nil); !errors.Is(err, failure) {
		t.Errorf("have %v, want %v", err, failure)
	}
}

// Several stages of a process fold the same facts at different speeds: only one may count.
func TestOnlyTheSubscribersFactsAreCounted(t *testing.T) {
	o := NewObservation(config.Default(), StageSubscriber, StageStreamer)
	enrolled := messages.Recorded{Fact: messages.MailboxEnrolled{Mailbox: "anna@contoso.com", EnrolledBy: "a"}}
	o.of(StageDiscoverer).feed(feedMailboxes)(enrolled)
	wantShown(t, o, `ewsnats_mailboxes{state="enrolled"} 0`)
	o.of(StageSubscriber).feed(feedMailboxes)(enrolled)
	wantShown(t, o, `ewsnats_mailboxes{state="enrolled"} 1`)
}

func TestStreamersGroupsAreShownAndChecked(t *testing.T) {
	o := NewObservation(config.Default(), StageStreamer)
	observer := o.of(StageStreamer).streamer()
	observer.Group(streamer.GroupState{Group: "a-1", Owned: true, Waiting: "storage full"})
	if have := why(t, o, "streamer progress"); !strings.Contains(have, "storage full") || o.Health.Ready().OK {
		t.Errorf("have %q, want unready by storage full", have)
	}
	wantShown(t, o, `ewsnats_groups{state="waiting"} 1`)
	observer.GroupGone("a-1")
	if r := o.Health.Ready(); !r.OK {
		t.Errorf("have %+v, want ready without groups", r)
	}
	wantShown(t, o, `ewsnats_groups{state="waiting"} 0`)
}
