package exchangesim_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// overTheLimit has a first request of anna's wait, and returns the answer to a second one.
func overTheLimit(s *exchangesim.Server, c *client, body string) answer {
	s.Fail(exchangesim.Fault{Answer: exchangesim.FaultAnswer{Delay: time.Second}})
	first := make(chan struct{})
	go func() {
		defer close(first)
		c.do(c.request(as(anna), body))
	}()
	synctest.Wait()
	second := c.do(c.request(as(anna), body))
	<-first
	return second
}

// secondStream opens a stream of anna's beside one that is open.
func secondStream(c *client) answer {
	o := as(anna)
	first := c.subscribe(o)
	o.header = map[string]string{"Cookie": strings.Join(first.header.Values("Set-Cookie"), "; ")} // of 2010, to come to the same server
	st := c.open(o, 1, first.subID)
	st.want(opened)
	a := c.do(c.request(o, streamBody(1, c.subscribe(o).subID)))
	st.close()
	return a
}

// wantThrottled compares status, code and what else must be in an answer.
func wantThrottled(t *testing.T, what string, have answer, status int, code string, parts ...string) {
	t.Helper()
	if have.status != status || have.code != code {
		t.Errorf("%s: have %d %q, want %d %q", what, have.status, have.code, status, code)
	}
	for _, part := range parts {
		if !strings.Contains(have.body, part) {
			t.Errorf("%s: %s is missing in %s", what, part, have.body)
		}
	}
}

// What each server says over each limit.
func TestThrottlingOfProfiles(t *testing.T) {
	const busy, tooMany, tooManySubscriptions = "ErrorServerBusy", "ErrorExceededConnectionCount", "ErrorExceededSubscriptionCount"
	for _, test := range []struct {
		profile  exchangesim.Profile
		status   int    // of faults
		sync     string // the code of a second SyncFolderItems
		ofCaller bool   // MaxSubscriptions counts the subscriptions of the account
	}{
		{exchangesim.Exchange2010, 500, "NoError", true},
		{exchangesim.Exchange2013, 500, "NoError", false},
		{exchangesim.Exchange2016, 500, busy, false},
		{exchangesim.Exchange2019, 500, busy, false},
		{exchangesim.ExchangeSE, 500, busy, false},
		{exchangesim.ExchangeOnline, 500, busy, false},
	} {
		t.Run(string(test.profile), func(t *testing.T) {
			cfg := exchangesim.Config{Profile: test.profile}
			bubble(t, cfg, func(t *testing.T, s *exchangesim.Server, c *client) {
				if limit := s.SetBudget(exchangesim.Budget{}).ConcurrentSyncCalls; limit > 0 {
					s.SetBudget(exchangesim.Budget{ConcurrentSyncCalls: 1})
				}
				a := overTheLimit(s, c, fmt.Sprintf(syncInbox, "", 10))
				if a.code != test.sync || test.sync == busy && !strings.Contains(a.body, `Name="BackOffMilliseconds">5000<`) {
					t.Errorf("SyncFolderItems: have %s, want %s", a.body, test.sync)
				}
				s.SetBudget(exchangesim.Budget{MaxConcurrency: 1, HangingConnectionLimit: 1})
				wantThrottled(t, "requests", overTheLimit(s, c, getInbox), test.status, tooMany, `Name="Policy">MaxConcurrency<`, `Name="MaxConcurrencyLimit">1<`)
				wantThrottled(t, "streams", secondStream(c), test.status, tooMany, `Name="Policy">MaxStreamingConcurrency<`)
				s.Fail(exchangesim.Fault{Answer: exchangesim.FaultAnswer{Busy: true, BackOffMilliseconds: 1234}})
				wantThrottled(t, "busy", c.do(c.request(as(anna), getInbox)), test.status, busy, `Name="BackOffMilliseconds">1234<`)
			})
			cfg.MaxSubscriptions, cfg.Accounts = 1, map[string]string{"svc": "x", "other": "x"}
			bubble(t, cfg, func(t *testing.T, s *exchangesim.Server, c *client) {
				calls := []call{as(anna), as(anna), as(bert)}
				calls[0].user, calls[1].user, calls[2].user = "svc:x", "other:x", "svc:x"
				var have []string
				for _, o := range calls {
					a := c.do(c.request(o, subscribeAll))
					if have = append(have, a.code); a.status != 200 {
						t.Errorf("Subscribe: %d %s", a.status, a.body)
					}
				}
				want := "NoError " + tooManySubscriptions + " NoError"
				if test.ofCaller {
					want = "NoError NoError " + tooManySubscriptions
				}
				if strings.Join(have, " ") != want {
					t.Errorf("first, other account, other mailbox: have %q, want %s", have, want)
				}
			})
		})
	}
}

// The forms of an answer over a limit; each may be had of every server.
func TestThrottleForms(t *testing.T) {
	for _, test := range []struct {
		form   exchangesim.ThrottleForm
		status int
		code   string // in place of the limit's
		hints  string // the parent of hints; empty: there are none
	}{
		{exchangesim.ThrottleFault, 500, "", "<t:MessageXml"},
		{exchangesim.ThrottleMessage, 200, "", "<m:MessageXml"},
		{exchangesim.ThrottleInner, 200, "ErrorInternalServerError", "<m:MessageXml"},
		{exchangesim.ThrottleUnavailable, 503, "none", ""},
	} {
		t.Run(string(test.form), func(t *testing.T) {
			cfg := exchangesim.Config{TooManyConnections: test.form, Busy: test.form, MaxConcurrency: 1, HangingConnectionLimit: 1}
			bubble(t, cfg, func(t *testing.T, s *exchangesim.Server, c *client) {
				s.Fail(exchangesim.Fault{Operation: "FindFolder", Answer: exchangesim.FaultAnswer{Busy: true, BackOffMilliseconds: 1234}})
				for what, a := range map[string]answer{
					"ErrorExceededConnectionCount":          overTheLimit(s, c, getInbox),
					"ErrorExceededConnectionCount (stream)": secondStream(c),
					"ErrorServerBusy":                       c.do(c.request(as(anna), `<m:FindFolder/>`)),
				} {
					limitCode, _, _ := strings.Cut(what, " ")
					code := limitCode
					switch {
					case test.code == "none":
						code = ""
					case test.code != "":
						code = test.code
					}
					wantThrottled(t, what, a, test.status, code, test.hints)
					if test.form == exchangesim.ThrottleInner && (!strings.Contains(a.body, `Name="InnerErrorResponseCode">`+limitCode+"<") || strings.Contains(a.body, "BackOff")) {
						t.Errorf("%s: have %s", what, a.body)
					}
				}
			})
		})
	}
}

// A stream that is refused in a message is a stream of one envelope, which ends it.
func TestRefusedStreamInAMessage(t *testing.T) {
	cfg := exchangesim.Config{TooManyConnections: exchangesim.ThrottleMessage, HangingConnectionLimit: 1}
	bubble(t, cfg, func(t *testing.T, s *exchangesim.Server, c *client) {
		a := secondStream(c)
		wantThrottled(t, "stream", a, 200, "ErrorExceededConnectionCount", "<Envelope", "<m:ConnectionStatus>Closed<")
		if have := s.Truth().Requests; have[len(have)-1].Code != "ErrorExceededConnectionCount" {
			t.Errorf("noted %+v", have[len(have)-1])
		}
	})
}
