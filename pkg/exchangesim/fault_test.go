package exchangesim_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func TestFaultsOfOrdinaryCalls(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer exchangesim.FaultAnswer
		status int
		code   string
		body   string // must be in the answer
		header string
	}{
		{"code", exchangesim.FaultAnswer{ResponseCode: "ErrorMailboxMoveInProgress"}, 200, "ErrorMailboxMoveInProgress", `ResponseClass="Error"`, ""},
		{"code and hint", exchangesim.FaultAnswer{ResponseCode: "ErrorServerBusy", BackOffMilliseconds: 1500}, 200, "ErrorServerBusy",
			`<m:MessageXml><t:Value Name="BackOffMilliseconds">1500</t:Value></m:MessageXml>`, ""},
		{"inner code", exchangesim.FaultAnswer{ResponseCode: "ErrorInternalServerError", Values: map[string]string{"InnerErrorResponseCode": "ErrorServerBusy"}},
			200, "ErrorInternalServerError", `Name="InnerErrorResponseCode">ErrorServerBusy<`, ""},
		{"fault", exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy", BackOffMilliseconds: 297749, RetryAfter: 30 * time.Second}, 500, "ErrorServerBusy",
			`<t:Value Name="BackOffMilliseconds">297749</t:Value>`, "30"},
		{"text", exchangesim.FaultAnswer{SOAPFault: "ErrorInvalidSubscription", Text: "Event type = <MailboxMoveStarted>"}, 500, "ErrorInvalidSubscription", `= &lt;MailboxMoveStarted&gt;`, ""},
		{"status", exchangesim.FaultAnswer{Status: 503, Body: "Service Unavailable", RetryAfter: time.Minute}, 503, "", "Service Unavailable", "60"},
		{"redirect", exchangesim.FaultAnswer{Status: 302, Header: map[string]string{"Retry-After": "7"}}, 302, "", "", "7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				s.Fail(exchangesim.Fault{Operation: "Subscribe", Answer: test.answer})
				a := c.do(c.request(as(anna), subscribeAll))
				if a.status != test.status || a.code != test.code || !strings.Contains(a.body, test.body) || a.header.Get("Retry-After") != test.header {
					t.Errorf("have %d %s %v %s", a.status, a.code, a.header, a.body)
				}
				c.subscribe(as(anna)) // one request only
			})
		})
	}
}

func TestFaultConditions(t *testing.T) {
	busy := exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy"}
	for _, test := range []struct {
		name  string
		fault exchangesim.Fault
		want  string // of anna, bert (on ex01), cora (on ex02), anna: x for the fault
	}{
		{"any", exchangesim.Fault{Answer: busy}, "x---"},
		{"twice", exchangesim.Fault{Times: 2, Answer: busy}, "xx--"},
		{"always", exchangesim.Fault{Times: -1, Answer: busy}, "xxxx"},
		{"after", exchangesim.Fault{After: 2, Answer: busy}, "--x-"},
		{"mailbox", exchangesim.Fault{Mailbox: "Bert@sim.test", Times: -1, Answer: busy}, "-x--"},
		{"mailbox and after", exchangesim.Fault{Mailbox: anna, After: 1, Answer: busy}, "---x"},
		{"server", exchangesim.Fault{Server: ex02, Times: -1, Answer: busy}, "--x-"},
		{"operation", exchangesim.Fault{Operation: "GetFolder", Times: -1, Answer: busy}, "----"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				remove := s.Fail(test.fault)
				var have strings.Builder
				for _, address := range []string{anna, bert, cora, anna} {
					if c.do(c.request(as(address), subscribeAll)).code == "NoError" {
						have.WriteByte('-')
					} else {
						have.WriteByte('x')
					}
				}
				if have.String() != test.want {
					t.Errorf("have %s, want %s", &have, test.want)
				}
				remove()
				c.subscribe(as(anna))
			})
		})
	}
}

func TestResetAndDelay(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		s.Fail(exchangesim.Fault{Answer: exchangesim.FaultAnswer{Reset: true}})
		if res, err := c.http.Do(c.request(as(anna), subscribeAll)); err == nil {
			res.Body.Close()
			t.Errorf("have %s, want a cut connection", res.Status)
		}
		s.Fail(exchangesim.Fault{Answer: exchangesim.FaultAnswer{Delay: 7 * time.Second}})
		start := time.Now()
		c.subscribe(as(anna))
		if have := time.Since(start); have != 7*time.Second {
			t.Errorf("answered after %v", have)
		}
		s.Fail(exchangesim.Fault{Answer: exchangesim.FaultAnswer{CorruptXML: true}})
		if a := c.do(c.request(as(anna), subscribeAll)); a.status != 200 || a.subID != "" {
			t.Errorf("not corrupt: %s", a.body)
		}
	})
}

// streamFault fails a stream of anna and bert and delivers a mail to each after the opening.
func streamFault(t *testing.T, f exchangesim.Fault, check func(s *exchangesim.Server, c *client, st *stream)) {
	t.Helper()
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		a := c.subscribe(group(anna, anna, ""))
		b := c.subscribe(group(anna, bert, a.cookie))
		f.Operation = "GetStreamingEvents"
		s.Fail(f)
		st := c.open(group(anna, anna, a.cookie), 1, a.subID, b.subID)
		check(s, c, st)
	})
}

func TestFaultsOfStreams(t *testing.T) {
	answer := func(a exchangesim.FaultAnswer) exchangesim.Fault { return exchangesim.Fault{Answer: a} }
	t.Run("code at the opening", func(t *testing.T) {
		streamFault(t, answer(exchangesim.FaultAnswer{ResponseCode: "ErrorInvalidSubscription"}), func(_ *exchangesim.Server, _ *client, st *stream) {
			st.want("Error ErrorInvalidSubscription Closed")
			st.wantEnd(io.EOF)
		})
	})
	t.Run("code of a mailbox", func(t *testing.T) {
		f := exchangesim.Fault{Mailbox: bert, Answer: exchangesim.FaultAnswer{ResponseCode: "ErrorReadEventsFailed", Envelopes: 2}}
		streamFault(t, f, func(s *exchangesim.Server, _ *client, st *stream) {
			st.want(opened)
			s.Deliver(anna)
			st.want("Success NoError 3 events")
			st.want("Error ErrorReadEventsFailed 1 ids")
			s.Deliver(bert)
			s.Deliver(anna)
			st.want("Success NoError 3 events")
			if have := s.Counts().Subscriptions; have != 1 {
				t.Errorf("%d subscriptions live, want 1", have)
			}
		})
	})
	t.Run("missed events", func(t *testing.T) {
		f := exchangesim.Fault{Mailbox: bert, Answer: exchangesim.FaultAnswer{ResponseCode: "ErrorMissedNotificationEvents", Envelopes: 1}}
		streamFault(t, f, func(s *exchangesim.Server, _ *client, st *stream) {
			st.want(opened)
			st.want("Error ErrorMissedNotificationEvents 1 ids")
			s.Deliver(bert)
			st.want("Success NoError 3 events")
		})
	})
	t.Run("reset", func(t *testing.T) {
		streamFault(t, answer(exchangesim.FaultAnswer{Reset: true, Envelopes: 1}), func(_ *exchangesim.Server, _ *client, st *stream) {
			st.want(opened)
			st.wantEnd(io.ErrUnexpectedEOF)
		})
	})
	t.Run("truncated", func(t *testing.T) {
		streamFault(t, answer(exchangesim.FaultAnswer{Truncate: true, Envelopes: 1}), func(s *exchangesim.Server, _ *client, st *stream) {
			st.want(opened)
			s.Deliver(anna)
			st.wantEnd(io.ErrUnexpectedEOF)
			for _, w := range s.Truth().Writes {
				if !w.Failed {
					t.Errorf("not marked as failed: %+v", w)
				}
			}
		})
	})
	t.Run("corrupt", func(t *testing.T) {
		streamFault(t, answer(exchangesim.FaultAnswer{CorruptXML: true, Envelopes: 1}), func(s *exchangesim.Server, _ *client, st *stream) {
			st.want(opened)
			s.Deliver(anna)
			st.wantEnd(io.ErrUnexpectedEOF)
		})
	})
	t.Run("fault at the head", func(t *testing.T) {
		bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
			s.Fail(answer(exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy"}))
			if a := c.do(c.request(as(anna), streamBody(1, "x"))); a.status != 500 || a.code != "ErrorServerBusy" {
				t.Errorf("have %d %s", a.status, a.code)
			}
		})
	})
}

func TestAbandonedRequestIsRecorded(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		s.Fail(exchangesim.Fault{Times: -1, Answer: exchangesim.FaultAnswer{Delay: time.Hour}})
		for _, r := range []*http.Request{c.request(as(anna), subscribeAll), c.request(as(anna), streamBody(1, "x")), c.post("/autodiscover/autodiscover.svc", settingsRequest(anna))} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if res, err := c.http.Do(r.WithContext(ctx)); err == nil {
				res.Body.Close()
				t.Errorf("answered %s", res.Status)
			}
			cancel()
		}
		synctest.Wait()
		requests := s.Truth().Requests
		if len(requests) != 3 {
			t.Fatalf("%d requests are recorded, want 3", len(requests))
		}
		for _, r := range requests {
			if r.Code != "abandoned" || r.HTTPStatus != 0 {
				t.Errorf("%s: recorded as %s, %d", r.Operation, r.Code, r.HTTPStatus)
			}
		}
	})
}
