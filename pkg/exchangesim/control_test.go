package exchangesim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// control posts to the control endpoint and decodes the answer into out unless that is nil.
func (c *client) control(name, body string, out any) {
	c.t.Helper()
	a := c.do(c.post("/sim/"+name, body))
	if a.status != http.StatusOK {
		c.t.Fatalf("%s %s: %d %s", name, body, a.status, a.body)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(a.body), out); err != nil {
			c.t.Fatalf("%s: %v: %s", name, err, a.body)
		}
	}
}

func (c *client) get(path string, out any) {
	c.t.Helper()
	res, err := c.http.Get(c.base + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		c.t.Fatal(err)
	}
}

func TestControlMirrorsTheAPI(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		var it, moved exchangesim.Item
		c.control("addserver", `{"server":"ex05.sim.test"}`, nil)
		c.control("addmailbox", `{"mailbox":"fred@sim.test","server":"ex05.sim.test","grouping":"G"}`, nil)
		st := c.open(as("fred@sim.test"), 30, c.subscribe(as("fred@sim.test")).subID)
		st.want(opened)
		c.control("deliver", `{"mailbox":"fred@sim.test"}`, &it)
		st.want("Success NoError 3 events")
		c.control("markread", `{"mailbox":"fred@sim.test","itemId":"`+it.ID+`"}`, nil)
		st.want("Success NoError 2 events")
		c.control("move", `{"mailbox":"fred@sim.test","itemId":"`+it.ID+`","to":"notes"}`, &moved)
		st.want("Success NoError 4 events")
		c.control("copy", `{"mailbox":"fred@sim.test","itemId":"`+moved.ID+`","to":"inbox"}`, nil)
		st.want("Success NoError 2 events")
		c.control("delete", `{"mailbox":"fred@sim.test","itemId":"`+moved.ID+`"}`, nil)
		st.want("Success NoError 3 events")
		c.control("create", `{"mailbox":"fred@sim.test","folder":"drafts"}`, nil)
		st.want("Success NoError 2 events")
		c.control("createfolder", `{"mailbox":"fred@sim.test","parent":"inbox","name":"Alpha"}`, nil)
		st.want("Success NoError 2 events")
		c.control("savedraft", `{"mailbox":"fred@sim.test"}`, nil)
		st.want("Success NoError 4 events")
		c.control("invite", `{"mailbox":"fred@sim.test"}`, nil)
		st.want("Success NoError 5 events")
		c.control("accept", `{"mailbox":"fred@sim.test"}`, nil)
		st.want("Success NoError 3 events")
		c.control("movemailbox", `{"mailbox":"fred@sim.test","server":"ex01.sim.test","grouping":"H"}`, nil)
		st.want("Error ErrorProxyRequestNotAllowed Closed 1 ids")
		c.control("removemailbox", `{"mailbox":"fred@sim.test"}`, nil)
		var counts exchangesim.Counts
		c.get("/sim/counts", &counts)
		if counts.Changes != 10 || counts.Events != 30 || counts.Writes != 30 || counts.Requests["Subscribe"] != 1 {
			t.Errorf("counts: %+v", counts)
		}
		var truth exchangesim.Truth
		c.get("/sim/truth", &truth)
		if len(truth.Events) != 30 || truth.Subscriptions[0].EndedWhy != "moved" {
			t.Errorf("truth: %d events, subscription %+v", len(truth.Events), truth.Subscriptions[0])
		}
	})
}

func TestControlOfFate(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"failover", `{"server":"ex01.sim.test","to":"ex02.sim.test","newGrouping":"G2"}`, "Error ErrorProxyRequestNotAllowed Closed 1 ids"},
		{"failover", `{"server":"ex01.sim.test","to":"ex02.sim.test","code":"ErrorSubscriptionNotFound"}`, "Error ErrorSubscriptionNotFound Closed 1 ids"},
		{"restart", `{"server":"ex01.sim.test"}`, ""},
		{"dropsubscriptions", `{"mailboxes":["anna@sim.test"]}`, "Error ErrorSubscriptionNotFound Closed 1 ids"},
		{"cutstreams", `{}`, ""},
		{"closestreams", `{"mailboxes":["anna@sim.test"]}`, closed},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				st := c.open(as(anna), 30, c.subscribe(as(anna)).subID)
				st.want(opened)
				c.control(test.name, test.body, nil)
				if test.want == "" {
					st.wantEnd(io.ErrUnexpectedEOF)
					return
				}
				st.want(test.want)
			})
		})
	}
}

func TestControlFails(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		var fault struct{ ID int }
		c.control("fail", `{"operation":"Subscribe","times":-1,"answer":{"soapFault":"ErrorServerBusy","delay":"2s","retryAfter":"30s"}}`, &fault)
		start := time.Now()
		a := c.do(c.request(as(anna), subscribeAll))
		if a.code != "ErrorServerBusy" || a.header.Get("Retry-After") != "30" || time.Since(start) != 2*time.Second {
			t.Errorf("have %s %q after %v", a.code, a.header.Get("Retry-After"), time.Since(start))
		}
		c.control("unfail", `{"id":1}`, nil)
		c.subscribe(as(anna))
		if fault.ID != 1 {
			t.Errorf("id %d", fault.ID)
		}
	})
}

func TestControlKeepsMails(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		const mail = "From: bert@sim.test\r\nSubject: lunch\r\n\r\nAt noon?\r\n"
		deliver := func(path, body string) answer {
			r := c.post(path, body)
			r.Header.Set("Content-Type", "message/rfc822; charset=utf-8")
			return c.do(r)
		}
		if a := deliver("/sim/deliver?mailbox="+anna, mail); a.status != http.StatusOK {
			t.Fatal(a.status, a.body)
		}
		var moved exchangesim.Item
		c.control("move", `{"mailbox":"anna@sim.test","to":"notes"}`, &moved) // the newest item
		if have := string(s.MIME(anna, moved.ID)); moved.Folder != "notes" || have != mail {
			t.Errorf("have %q in %q", have, moved.Folder)
		}
		res, err := c.http.Get(c.base + "/sim/mime?mailbox=" + anna)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if have, err := io.ReadAll(res.Body); err != nil || string(have) != mail {
			t.Errorf("have %q, %v", have, err)
		}
		for path, body := range map[string]string{"/sim/deliver?mailbox=" + anna: "no mail", "/sim/deliver?mailbox=nobody": mail} {
			if a := deliver(path, body); a.status != http.StatusBadRequest {
				t.Errorf("%s of %q: %d %s", path, body, a.status, a.body)
			}
		}
	})
}

func TestControlLowersTheBudget(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		var have exchangesim.Budget
		c.control("budget", `{"maxSubscriptions":1}`, &have)
		if want := (exchangesim.Budget{HangingConnectionLimit: 10, MaxSubscriptions: 1, MaxConcurrency: 27, ConcurrentSyncCalls: 5}); have != want {
			t.Errorf("have %+v, want %+v", have, want)
		}
		c.subscribe(as(anna))
		if a := c.do(c.request(as(anna), subscribeAll)); a.code != "ErrorExceededSubscriptionCount" {
			t.Errorf("have %s", a.code)
		}
	})
}

func TestControlPutsTheClockForward(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		idle := c.subscribe(as(bert))
		st := c.open(as(anna), 30, c.subscribe(as(anna)).subID)
		st.want(opened)
		synctest.Wait() // the stream rests
		start := time.Now()
		c.control("clock", `{"advance":"1m"}`, nil)
		st.want(opened) // a heartbeat
		synctest.Wait()
		c.control("clock", `{"advance":"29m"}`, nil)
		st.want(closed)
		st.wantEnd(io.EOF)
		if time.Since(start) != 0 {
			t.Errorf("took %v", time.Since(start))
		}
		st = c.open(as(bert), 30, idle.subID)
		st.want("Error ErrorSubscriptionNotFound Closed 1 ids")
	})
}

func TestControlListsFaults(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		want := exchangesim.Fault{Operation: "Subscribe", Times: -1, Answer: exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy", Delay: time.Second}}
		remove := s.Fail(want)
		c.do(c.request(as(anna), subscribeAll))
		var have []exchangesim.FaultInForce
		c.get("/sim/faults", &have)
		if len(have) != 1 || !reflect.DeepEqual(have[0].Fault, want) || have[0].Done != 1 {
			t.Errorf("have %+v", have)
		}
		if remove(); len(s.Faults()) != 0 {
			t.Errorf("have %+v after removal", s.Faults())
		}
	})
}

func TestControlProduces(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		c.control("produce", `{"rate":10,"duration":"10s"}`, nil)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if have := s.Counts().Changes; have < 99 || have > 100 {
			t.Errorf("%d changes, want 99 or 100", have)
		}
	})
}
