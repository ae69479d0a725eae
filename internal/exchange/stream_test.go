package exchange_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// connected tells the client that its request has a connection.
func connected(r *http.Request) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
}

// streamed is an envelope of a stream with one message of class Success.
func streamed(content string) string { return streamedAs("Success", "NoError", content) }

func streamedAs(class, code, content string) string {
	return response("GetStreamingEvents", message("GetStreamingEvents", class, code, content))
}

// notified is a notification of a subscription.
func notified(subscription, events string) string {
	return "<m:Notifications><m:Notification><t:SubscriptionId>" + subscription + "</t:SubscriptionId>" +
		"<t:MoreEvents>false</t:MoreEvents>" + events + "</m:Notification></m:Notifications>"
}

const (
	newMail = `<t:NewMailEvent><t:TimeStamp>2026-03-04T12:00:05Z</t:TimeStamp><t:ItemId Id="item" ChangeKey="ik"/>` +
		`<t:ParentFolderId Id="inbox" ChangeKey="pk"/></t:NewMailEvent>`
	statusEvent = `<t:StatusEvent/>`
	closed      = `<m:ConnectionStatus>Closed</m:ConnectionStatus>`
	healthy     = `<m:ConnectionStatus>OK</m:ConnectionStatus>`
	failedIDs   = `<m:ErrorSubscriptionIds><m:SubscriptionId>s1</m:SubscriptionId><m:SubscriptionId>s2</m:SubscriptionId></m:ErrorSubscriptionIds>`
	backOff     = `<m:MessageXml><t:Value Name="BackOffMilliseconds">2000</t:Value></m:MessageXml>`
)

// open opens a stream that brings the body.
func open(t *testing.T, body string) streamer.Stream {
	t.Helper()
	s, err := over(exchange.Config{Impersonation: true}, func(r *http.Request) (*http.Response, error) {
		connected(r)
		a := answer(200, body)
		a.ContentLength = -1
		return a, nil
	}).Open(t.Context(), somePlace, []messages.SubscriptionID{"s1", "s2"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestEnvelopes(t *testing.T) {
	mail := streamer.Notice{Name: "NewMailEvent", Kind: messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail},
		Time: happened.Add(5 * time.Second), Item: &messages.Ref{ID: "item", ChangeKey: "ik"}, Parent: &messages.Ref{ID: "inbox", ChangeKey: "pk"}}
	ofS1 := []streamer.Notification{{Subscription: "s1", Events: []streamer.Notice{mail}}}
	fault := func(code ewsaffinity.Code, died ...messages.SubscriptionID) *ewsaffinity.Fault {
		return &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: code, Died: died, RequestID: "4711"}
	}
	busy := fault("ErrorServerBusy")
	busy.BackOff = 2 * time.Second
	tests := []struct {
		name string
		body string
		want streamer.Envelope
	}{
		{"a heartbeat", streamed(healthy), streamer.Envelope{}},
		{"a heartbeat without status", streamed(""), streamer.Envelope{}},
		{"a status event", streamed(notified("s1", statusEvent)), streamer.Envelope{Notifications: []streamer.Notification{{Subscription: "s1"}}}},
		{"an event", streamed(notified("s1", newMail)), streamer.Envelope{Notifications: ofS1}},
		{"an event beside a status event and what is not known", streamed(notified("s1", statusEvent+"<t:FutureEvent/>"+newMail)),
			streamer.Envelope{Notifications: ofS1}},
		{"more waits", streamed(strings.Replace(notified("s1", newMail), "false", "true", 1)),
			streamer.Envelope{Notifications: []streamer.Notification{{Subscription: "s1", Events: []streamer.Notice{mail}, More: true}}}},
		{"the end", streamed(closed), streamer.Envelope{Closed: true}},
		{"the end with events", streamed(notified("s1", newMail) + closed), streamer.Envelope{Notifications: ofS1, Closed: true}},
		{"an error without ids: all are in doubt", streamedAs("Error", "ErrorReadEventsFailed", ""),
			streamer.Envelope{Faults: []*ewsaffinity.Fault{fault("ErrorReadEventsFailed")}}},
		{"an error with ids", streamedAs("Error", "ErrorSubscriptionNotFound", failedIDs),
			streamer.Envelope{Faults: []*ewsaffinity.Fault{fault("ErrorSubscriptionNotFound", "s1", "s2")}}},
		{"an error with ids and notifications", streamedAs("Error", "ErrorInvalidSubscription", notified("s1", newMail)+failedIDs),
			streamer.Envelope{Notifications: ofS1, Faults: []*ewsaffinity.Fault{fault("ErrorInvalidSubscription", "s1", "s2")}}},
		{"an error that closes", streamedAs("Error", "ErrorNewEventStreamConnectionOpened", closed),
			streamer.Envelope{Faults: []*ewsaffinity.Fault{fault("ErrorNewEventStreamConnectionOpened")}, Closed: true}},
		{"an error that says OK", streamedAs("Error", "ErrorReadEventsFailed", healthy),
			streamer.Envelope{Faults: []*ewsaffinity.Fault{fault("ErrorReadEventsFailed")}}},
		{"no error, but failed ids", streamed(failedIDs), streamer.Envelope{Faults: []*ewsaffinity.Fault{fault("ErrorInvalidSubscription", "s1", "s2")}}},
		{"no error, and an empty list of ids", streamed("<m:ErrorSubscriptionIds/>" + healthy), streamer.Envelope{}},
		{"a warning", streamedAs("Warning", "ErrorBatchProcessingStopped", notified("s1", newMail)), streamer.Envelope{Notifications: ofS1}},
		{"a hint", streamedAs("Error", "ErrorServerBusy", backOff), streamer.Envelope{Faults: []*ewsaffinity.Fault{busy}}},
		{"the end, and another message", response("GetStreamingEvents", message("GetStreamingEvents", "Success", "NoError", closed),
			message("GetStreamingEvents", "Success", "NoError", notified("s1", newMail))), streamer.Envelope{Notifications: ofS1, Closed: true}},
		{"characters that XML forbids", streamed(strings.Replace(notified("s1", newMail), "</", "&#x1A;</", 1)),
			streamer.Envelope{Notifications: ofS1, Forbidden: 1}},
		{"two messages", response("GetStreamingEvents", message("GetStreamingEvents", "Error", "ErrorSubscriptionNotFound", failedIDs),
			message("GetStreamingEvents", "Success", "NoError", notified("s1", newMail)+closed)),
			streamer.Envelope{Notifications: ofS1, Faults: []*ewsaffinity.Fault{fault("ErrorSubscriptionNotFound", "s1", "s2")}, Closed: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			have, err := open(t, test.body).Next()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, have, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("want -, have +\n%s", diff)
			}
		})
	}
}

func TestKindsOfEvents(t *testing.T) {
	const item, folder = `<t:ItemId Id="i"/>`, `<t:FolderId Id="f"/>`
	const old = `<t:OldItemId Id="oi"/><t:OldFolderId Id="of"/><t:OldParentFolderId Id="op"/>`
	two := 2
	kind := func(object messages.Object, verb messages.Verb) messages.Kind {
		return messages.Kind{Object: object, Verb: verb}
	}
	tests := []struct {
		event, content string
		want           streamer.Notice
	}{
		{"CopiedEvent", item + old, streamer.Notice{Kind: kind("item", "copied"), Item: id("i"), OldItem: id("oi"), OldFolder: id("of"), OldParent: id("op")}},
		{"CreatedEvent", item, streamer.Notice{Kind: kind("item", "created"), Item: id("i")}},
		{"DeletedEvent", item, streamer.Notice{Kind: kind("item", "deleted"), Item: id("i")}},
		{"ModifiedEvent", item, streamer.Notice{Kind: kind("item", "modified"), Item: id("i")}},
		{"MovedEvent", item + old, streamer.Notice{Kind: kind("item", "moved"), Item: id("i"), OldItem: id("oi"), OldFolder: id("of"), OldParent: id("op")}},
		{"NewMailEvent", item, streamer.Notice{Kind: kind("item", "newmail"), Item: id("i")}},
		{"FreeBusyChangedEvent", item, streamer.Notice{Kind: kind("item", "freebusychanged"), Item: id("i")}},
		{"CreatedEvent", folder, streamer.Notice{Kind: kind("folder", "created"), Folder: id("f")}},
		{"DeletedEvent", folder, streamer.Notice{Kind: kind("folder", "deleted"), Folder: id("f")}},
		{"MovedEvent", folder + old, streamer.Notice{Kind: kind("folder", "moved"), Folder: id("f"), OldItem: id("oi"), OldFolder: id("of"), OldParent: id("op")}},
		{"ModifiedEvent", folder + "<t:UnreadCount>2</t:UnreadCount>", streamer.Notice{Kind: kind("folder", "modified"), Folder: id("f"), UnreadCount: &two}},
	}
	for _, test := range tests {
		t.Run(test.want.Kind.Type(), func(t *testing.T) {
			event := "<t:" + test.event + "><t:TimeStamp>2026-03-04T12:00:00Z</t:TimeStamp>" + test.content + "</t:" + test.event + ">"
			envelope, err := open(t, streamed(notified("s1", event))).Next()
			if err != nil || len(envelope.Notifications) != 1 {
				t.Fatalf("have %+v, %v", envelope, err)
			}
			test.want.Name, test.want.Time = test.event, happened
			if diff := cmp.Diff([]streamer.Notice{test.want}, envelope.Notifications[0].Events); diff != "" {
				t.Errorf("want -, have +\n%s", diff)
			}
		})
	}
}

func id(id string) *messages.Ref { return &messages.Ref{ID: id} }

func TestAMoveShowsInTheText(t *testing.T) {
	body := strings.Replace(streamedAs("Error", "ErrorInvalidSubscription", failedIDs), "<m:ResponseCode>",
		"<m:MessageText>Event type = MailboxMoveStarted</m:MessageText><m:ResponseCode>", 1)
	envelope, err := open(t, body).Next()
	if err != nil || len(envelope.Faults) != 1 || !envelope.Faults[0].MoveStarted() {
		t.Errorf("want a fault that says so, have %+v, %v", envelope, err)
	}
}

func TestTheEndOfAStream(t *testing.T) {
	s := open(t, streamed(healthy)+streamed(closed))
	if opened := s.Opened(); !opened.Equal(date) {
		t.Errorf("opened: want Exchange's %s, have %s", date, opened)
	}
	for i, want := range []bool{false, true, true} { // the third is the end of the body
		envelope, err := s.Next()
		if err != nil || envelope.Closed != want {
			t.Errorf("envelope %d: want closed %v, have %+v, %v", i+1, want, envelope, err)
		}
	}
	s = open(t, streamed(healthy))
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Next()
	if f := asFault(t, err); f.Code != ewsaffinity.CodeEOF || f.Op != ewsaffinity.OpStream || f.Mailbox != "" {
		t.Errorf("want an end without goodbye, have %+v", f)
	}
}

func TestCloseMakesNextReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := over(exchange.Config{}, func(r *http.Request) (*http.Response, error) {
			connected(r)
			a := answer(200, "")
			a.ContentLength, a.Body = -1, io.NopCloser(hanging{ctx: r.Context()})
			return a, nil
		}).Open(t.Context(), somePlace, []messages.SubscriptionID{"s1"})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() { _, err := s.Next(); ended <- err }()
		synctest.Wait()
		_ = s.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("want %v, have %v", net.ErrClosed, err)
		}
	})
}

// TestAStreamThatOutlivesItsTime beats on and on, and never says Closed.
func TestAStreamThatOutlivesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := over(exchange.Config{TimeoutMin: 25, TimeoutMax: 25}, func(r *http.Request) (*http.Response, error) {
			connected(r)
			a := answer(200, "")
			a.ContentLength, a.Body = -1, io.NopCloser(&beating{hanging: hanging{ctx: r.Context()}})
			return a, nil
		}).Open(t.Context(), somePlace, []messages.SubscriptionID{"s1"})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		started := time.Now()
		for err == nil {
			_, err = s.Next()
		}
		f := asFault(t, err)
		if f.Code != ewsaffinity.CodeOverdue || !ewsaffinity.Recover(f.Op, f.Code).Known {
			t.Errorf("want %s, have %+v", ewsaffinity.CodeOverdue, f)
		}
		if took := time.Since(started); took != 28*time.Minute {
			t.Errorf("want it cut 3 minutes after the 25, was after %s", took)
		}
	})
}

// beating brings a heartbeat every 45 s.
type beating struct {
	hanging
	left string
}

func (b *beating) Read(p []byte) (int, error) {
	if b.left == "" {
		select {
		case <-time.After(45 * time.Second):
			b.left = streamed(healthy)
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
	}
	n := copy(p, b.left)
	b.left = b.left[n:]
	return n, nil
}

func TestTimeoutsAreSpread(t *testing.T) {
	tests := []struct {
		min, max int
		random   float64
		want     string
	}{
		{0, 0, 0, "25"}, {0, 0, 0.5, "27"}, {0, 0, 0.999, "29"}, {5, 6, 0.999, "6"}, {1, 1, 0.999, "1"},
	}
	for _, test := range tests {
		var body string
		cfg := exchange.Config{TimeoutMin: test.min, TimeoutMax: test.max, Random: func() float64 { return test.random }}
		_, err := over(cfg, func(r *http.Request) (*http.Response, error) {
			body = read(t, r)
			return answer(503, ""), nil
		}).Open(t.Context(), somePlace, []messages.SubscriptionID{"s1", "s2"})
		asFault(t, err)
		contains(t, body, "<m:ConnectionTimeout>"+test.want+"</m:ConnectionTimeout>", "<t:SubscriptionId>s1</t:SubscriptionId>", "<t:SubscriptionId>s2</t:SubscriptionId>")
	}
}

// TestASimulatedStream reads what a user does until the server closes in order.
func TestASimulatedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, client := newSim(t, exchangesim.Config{Heartbeats: exchangesim.HeartbeatStatusEvent})
		a := exchange.New(exchange.Config{Impersonation: true, Random: func() float64 { return 0 }}, client)
		place := messages.Place{URL: ews, Anchor: anna}
		s, err := a.Subscribe(t.Context(), place, anna)
		if err != nil {
			t.Fatal(err)
		}
		place.Cookie = s.Cookie
		stream, err := a.Open(t.Context(), place, []messages.SubscriptionID{s.ID})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stream.Close() }()
		sim.Deliver(string(anna))
		started, beats := time.Now(), 0
		var names []string
		for closed := false; !closed; {
			envelope, err := stream.Next()
			if err != nil || len(envelope.Faults) > 0 {
				t.Fatalf("have %+v, %v", envelope, err)
			}
			for _, n := range envelope.Notifications {
				if n.Subscription != s.ID {
					t.Errorf("a notification of %s", n.Subscription)
				}
				for _, notice := range n.Events {
					names = append(names, notice.Name)
				}
			}
			closed = envelope.Closed
			beats++
		}
		if want := []string{"CreatedEvent", "NewMailEvent", "ModifiedEvent"}; !cmp.Equal(names, want) {
			t.Errorf("want %v, have %v", want, names)
		}
		if took := time.Since(started); took != 25*time.Minute || beats < 30 {
			t.Errorf("want heartbeats for 25 minutes, have %d in %s", beats, took)
		}
	})
}
