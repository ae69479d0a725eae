package exchangesim_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// pair subscribes anna and bert as a group, opens their stream and reads its first envelope.
func pair(c *client) (st *stream, a, b answer) {
	c.t.Helper()
	a = c.subscribe(group(anna, anna, ""))
	b = c.subscribe(group(anna, bert, a.cookie))
	st = c.open(group(anna, anna, a.cookie), 30, a.subID, b.subID)
	st.want(opened)
	return st, a, b
}

func TestFailover(t *testing.T) {
	for _, test := range []struct {
		name string
		opts exchangesim.FailoverOptions
		want string
	}{
		{"new grouping", exchangesim.FailoverOptions{NewGrouping: "FABRIKAM-1"}, "Error ErrorProxyRequestNotAllowed Closed 2 ids"},
		{"inside the site", exchangesim.FailoverOptions{}, "Error ErrorReadEventsFailed Closed 2 ids"},
		{"inside the site, not found", exchangesim.FailoverOptions{Code: "ErrorSubscriptionNotFound"}, "Error ErrorSubscriptionNotFound Closed 2 ids"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				st, a, _ := pair(c)
				s.Failover(ex01, ex02, test.opts)
				st.want(test.want)
				st.wantEnd(io.EOF)
				again := c.subscribe(group(anna, anna, a.cookie)) // the cookie is stale: the anchor routes
				if want := ex02 + "~1942128136"; again.cookie != want {
					t.Errorf("new cookie: have %q, want %q", again.cookie, want)
				}
				c.open(group(anna, anna, a.cookie), 1, a.subID).want("Error ErrorSubscriptionNotFound Closed 1 ids")
			})
		})
	}
}

func TestSilentFailoverShowsAtHeartbeat(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		st, _, _ := pair(c)
		start := time.Now()
		s.Failover(ex01, ex02, exchangesim.FailoverOptions{Silent: true})
		st.want("Error ErrorReadEventsFailed Closed 2 ids")
		if have, want := time.Since(start), 45*time.Second; have != want {
			t.Errorf("told after %v, want %v", have, want)
		}
	})
}

func TestMoveAndDropLeaveTheOthers(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		st, a, b := pair(c)
		s.MoveMailbox(bert, "ex09.other.test", "FABRIKAM-1")
		if e := st.want("Error ErrorProxyRequestNotAllowed 1 ids"); e.Messages[0].ErrorIDs[0] != b.subID {
			t.Error("the error names another id than the moved mailbox's")
		}
		s.Deliver(anna)
		st.want("Success NoError 3 events")
		if have := c.do(c.request(group(anna, bert, a.cookie), subscribeAll)).code; have != "ErrorProxyRequestNotAllowed" {
			t.Errorf("Subscribe in the old group: have %s, want ErrorProxyRequestNotAllowed", have)
		}
		s.DropSubscriptions(anna)
		st.want("Error ErrorSubscriptionNotFound Closed 1 ids")
		st.wantEnd(io.EOF)
	})
}

func TestRemoveMailbox(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		st, _, _ := pair(c)
		s.RemoveMailbox(bert)
		st.want("Error ErrorSubscriptionNotFound 1 ids")
		if have := c.do(c.request(as(bert), subscribeAll)).code; have != "ErrorNonExistentMailbox" {
			t.Errorf("Subscribe: have %s, want ErrorNonExistentMailbox", have)
		}
	})
}

func TestRestartCutsAndForgets(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		st, a, _ := pair(c)
		elsewhere := c.open(as(cora), 1, c.subscribe(as(cora)).subID)
		elsewhere.want(opened)
		s.Restart(ex01)
		st.wantEnd(io.ErrUnexpectedEOF)
		c.open(group(anna, anna, a.cookie), 1, a.subID).want("Error ErrorSubscriptionNotFound Closed 1 ids")
		s.Deliver(cora)
		elsewhere.want("Success NoError 3 events")
	})
}

func TestCutAndCloseKeepSubscriptions(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(*exchangesim.Server)
		last string
		want error
	}{
		"cut":   {func(s *exchangesim.Server) { s.CutStreams(bert) }, "", io.ErrUnexpectedEOF},
		"close": {func(s *exchangesim.Server) { s.CloseStreams(bert) }, closed, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				st, a, b := pair(c)
				s.CutStreams(cora) // carries none of them
				test.end(s)
				if test.last != "" {
					st.want(test.last)
				}
				st.wantEnd(test.want)
				s.Deliver(anna)
				st = c.open(group(anna, anna, a.cookie), 1, a.subID, b.subID)
				st.want(opened)
				st.want("Success NoError 3 events")
			})
		})
	}
}

func TestCloseEndsStreamsAbruptly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newSim(t, exchangesim.Config{})
		st, _, _ := pair(c)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		st.wantEnd(io.ErrUnexpectedEOF)
		if have := s.Truth().Connections[0].EndedWhy; have != "server closed" {
			t.Errorf("ended %q, want server closed", have)
		}
	})
}

// On TCP a cut is a reset, as after the death of a server.
func TestCutIsAReset(t *testing.T) {
	s := exchangesim.New(exchangesim.Config{})
	s.AddMailbox(anna, ex01, site)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	tr := &http.Transport{}
	c := &client{t: t, http: &http.Client{Transport: tr}, base: "http://" + l.Addr().String()}
	st := c.open(as(anna), 1, c.subscribe(as(anna)).subID)
	st.want(opened)
	s.CutStreams()
	if _, err := st.next(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("have %v, want a reset", err)
	}
	st.close()
	tr.CloseIdleConnections()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

func TestUnknownNamesPanic(t *testing.T) {
	s := exchangesim.New(exchangesim.Config{})
	s.AddMailbox(anna, ex01, site)
	for name, do := range map[string]func(){
		"mailbox": func() { s.Deliver("nobody@sim.test") },
		"folder":  func() { s.Create(anna, "no such folder") },
		"server":  func() { s.Restart("ex99.sim.test") },
		"fail":    func() { s.Fail(exchangesim.Fault{}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			do()
		})
	}
}
