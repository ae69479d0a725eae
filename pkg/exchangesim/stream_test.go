package exchangesim_test

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const (
	opened = "Success NoError OK"
	closed = "Success NoError Closed"
)

// bubble runs a test in fake time with a simulator.
func bubble(t *testing.T, cfg exchangesim.Config, test func(t *testing.T, s *exchangesim.Server, c *client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, c := newSim(t, cfg)
		test(t, s, c)
	})
}

func TestStreamHead(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		st := c.open(as(anna), 1, c.subscribe(as(anna)).subID)
		for name, want := range map[string][]string{
			"X-Nobuffering": {"1"}, "Content-Type": nil, "Cache-Control": {"private"}, "Content-Length": nil,
			"X-Calculatedbetarget": {ex01}, "X-Feserver": {"EX01"},
		} {
			if have := st.header[name]; !slices.Equal(have, want) {
				t.Errorf("%s: have %q, want %q", name, have, want)
			}
		}
		if st.header.Get("Date") == "" {
			t.Error("no Date")
		}
		st.want(opened)
	})
}

func TestHeartbeatAndClosed(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		st := c.open(as(anna), 2, c.subscribe(as(anna)).subID)
		start := time.Now()
		at := func(want time.Duration) {
			t.Helper()
			if have := time.Since(start); have != want {
				t.Fatalf("after %v, want %v", have, want)
			}
		}
		st.want(opened)
		at(0)
		st.want(opened)
		at(45 * time.Second)
		time.Sleep(20 * time.Second) // an event at 65 s puts the next heartbeat off to 110 s
		s.Deliver(anna)
		st.want("Success NoError 3 events")
		at(65 * time.Second)
		st.want(opened)
		at(110 * time.Second)
		if have := s.Counts().Connections; have != 1 {
			t.Errorf("%d connections are open, want 1", have)
		}
		st.want(closed)
		at(120 * time.Second)
		st.wantEnd(io.EOF)
		synctest.Wait()
		if have := s.Truth().Connections[0].EndedWhy; have != "closed" {
			t.Errorf("ended: have %q, want closed", have)
		}
		if have := s.Counts().Connections; have != 0 {
			t.Errorf("%d connections are open after the end", have)
		}
	})
}

func TestMinuteScales(t *testing.T) {
	bubble(t, exchangesim.Config{Minute: time.Second}, func(t *testing.T, s *exchangesim.Server, c *client) {
		st := c.open(as(anna), 1, c.subscribe(as(anna)).subID)
		start := time.Now()
		st.want(opened)
		st.want(opened)
		st.want(closed)
		if have, want := time.Since(start), time.Second; have != want {
			t.Errorf("closed after %v, want %v", have, want)
		}
	})
}

func TestHeartbeatAsStatusEvent(t *testing.T) {
	bubble(t, exchangesim.Config{Heartbeats: exchangesim.HeartbeatStatusEvent}, func(t *testing.T, s *exchangesim.Server, c *client) {
		a := c.subscribe(group(anna, anna, ""))
		b := c.subscribe(group(anna, bert, a.cookie))
		st := c.open(group(anna, anna, a.cookie), 1, a.subID, b.subID)
		st.want(opened)
		e := st.want("Success NoError 1+1 events")
		if have, want := e.types(), []string{"StatusEvent", "StatusEvent"}; !slices.Equal(have, want) {
			t.Errorf("have %q, want %q", have, want)
		}
	})
}

func TestEventsQueueWithoutStream(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		id := c.subscribe(as(anna)).subID
		s.Deliver(anna)
		st := c.open(as(anna), 1, id)
		st.want(opened)
		st.want("Success NoError 3 events")
		st.close()
		synctest.Wait()
		s.Deliver(anna)
		time.Sleep(29 * time.Minute)
		s.Deliver(anna)
		st = c.open(as(anna), 1, id)
		st.want(opened)
		st.want("Success NoError 6 events")
	})
}

func TestAtMostFiftyInANotification(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		a := c.subscribe(group(anna, anna, ""))
		b := c.subscribe(group(anna, bert, a.cookie))
		for range 40 {
			s.Deliver(anna)
		}
		s.Deliver(bert)
		st := c.open(group(anna, anna, a.cookie), 1, a.subID, b.subID)
		st.want(opened)
		st.want("Success NoError 50+3 events")
		st.want("Success NoError 50 events")
		st.want("Success NoError 20 events")
	})
}

func TestSubscriptionExpires(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		id := c.subscribe(as(anna)).subID
		time.Sleep(31 * time.Minute)
		sub := s.Truth().Subscriptions[0]
		if have, want := sub.Ended.Sub(sub.Created), 30*time.Minute; have != want || sub.EndedWhy != "expired" {
			t.Errorf("lived %v and was %s, want %v, expired", have, sub.EndedWhy, want)
		}
		st := c.open(as(anna), 1, id)
		st.want("Error ErrorSubscriptionNotFound Closed 1 ids")
		st.wantEnd(io.EOF)
	})
}

func TestStreamKeepsSubscriptionAlive(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		id := c.subscribe(as(anna)).subID
		time.Sleep(29 * time.Minute)
		st := c.open(as(anna), 30, id)
		time.AfterFunc(20*time.Minute, func() { s.Deliver(anna) }) // by then it would have died without a stream
		if have := len(readAll(t, st)); have < 3 {
			t.Errorf("%d events, want 3", have)
		}
		time.Sleep(29 * time.Minute)
		c.open(as(anna), 1, id).want(opened)
	})
}

func TestQueueOverflow(t *testing.T) {
	bubble(t, exchangesim.Config{QueueLimit: 5}, func(t *testing.T, s *exchangesim.Server, c *client) {
		id := c.subscribe(as(anna)).subID
		s.Deliver(anna)
		s.Deliver(anna) // its third event does not fit: the five are dropped
		st := c.open(as(anna), 1, id)
		st.want("Error ErrorMissedNotificationEvents OK 1 ids")
		st.want("Success NoError 1 events")
		s.Deliver(anna)
		st.want("Success NoError 3 events")
	})
}

func TestNewerStreamTakesSubscription(t *testing.T) {
	for _, test := range []struct {
		form exchangesim.StolenForm
		want string
	}{
		{exchangesim.StolenErrorCode, "Error ErrorNewEventStreamConnectionOpened Closed 1 ids"},
		{exchangesim.StolenClosed, closed},
	} {
		t.Run(string(test.form), func(t *testing.T) {
			bubble(t, exchangesim.Config{EndOfStolenStream: test.form}, func(t *testing.T, s *exchangesim.Server, c *client) {
				id := c.subscribe(as(anna)).subID
				older := c.open(as(anna), 1, id)
				older.want(opened)
				newer := c.open(as(anna), 1, id)
				start := time.Now()
				older.want(test.want)
				older.wantEnd(io.EOF)
				if have := time.Since(start); have != 0 {
					t.Errorf("told after %v, want at once", have)
				}
				newer.want(opened)
				s.Deliver(anna)
				newer.want("Success NoError 3 events")
			})
		})
	}
}

func TestBadIDs(t *testing.T) {
	const junk, unknown = "anJ1bms=", "DQBleDAxLnNpbS50ZXN0EAAAAOAEJT+JT9NBmgwDBegsMwEAaJPEakffCBAAAAAQuKdrrZ3REYC0AMBP1DDI"
	t.Run("alone", func(t *testing.T) {
		bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
			st := c.open(as(anna), 1, unknown, junk)
			st.want("Error ErrorSubscriptionNotFound 1 ids")
			st.want("Error ErrorInvalidSubscription Closed 1 ids")
			st.wantEnd(io.EOF)
		})
	})
	for mode, want := range map[exchangesim.BadIDMode]string{
		exchangesim.BadIDGoodGoOn: "Success NoError 3 events", exchangesim.BadIDGoodFallSilent: opened,
	} {
		t.Run(string(mode), func(t *testing.T) {
			bubble(t, exchangesim.Config{BadIDs: mode}, func(t *testing.T, s *exchangesim.Server, c *client) {
				id := c.subscribe(as(anna)).subID
				st := c.open(as(anna), 1, id, unknown)
				if e := st.want("Error ErrorSubscriptionNotFound OK 1 ids"); e.Messages[0].ErrorIDs[0] != unknown {
					t.Errorf("named %q, want the unknown id", e.Messages[0].ErrorIDs)
				}
				s.Deliver(anna)
				st.want(want)
				st.close()
				synctest.Wait()
				if mode == exchangesim.BadIDGoodFallSilent {
					again := c.open(as(anna), 1, id)
					again.want(opened)
					again.want("Success NoError 3 events") // they queued
				}
			})
		})
	}
}

func TestUnsubscribe(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		first, second := c.subscribe(as(anna)).subID, c.subscribe(as(anna)).subID
		st := c.open(as(anna), 1, first, second)
		st.want(opened)
		for _, want := range []string{"NoError", "ErrorSubscriptionNotFound"} {
			if have := c.unsubscribe(as(anna), first).code; have != want {
				t.Errorf("Unsubscribe: have %s, want %s", have, want)
			}
		}
		st.want("Error ErrorSubscriptionUnsubscribed 1 ids")
		s.Deliver(anna)
		st.want("Success NoError 3 events")
	})
}

func TestStreamRequestIsChecked(t *testing.T) {
	tooMany := make([]string, 201)
	for i := range tooMany {
		tooMany[i] = fmt.Sprint("id", i)
	}
	for name, test := range map[string]struct{ body, want string }{
		"timeout 0":   {streamBody(0, "x"), "ErrorSchemaValidation"},
		"timeout 31":  {streamBody(31, "x"), "ErrorSchemaValidation"},
		"no ids":      {"<m:GetStreamingEvents><m:ConnectionTimeout>1</m:ConnectionTimeout></m:GetStreamingEvents>", "ErrorSchemaValidation"},
		"201 ids":     {streamBody(1, tooMany...), "ErrorInvalidRequest"},
		"wrong names": {`<GetStreamingEvents xmlns="https://schemas.microsoft.com/exchange/services/2006/messages"/>`, "ErrorSchemaValidation"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				if a := c.do(c.request(as(anna), test.body)); a.status != 500 || a.code != test.want {
					t.Errorf("have %d %s, want 500 %s", a.status, a.code, test.want)
				}
			})
		})
	}
}

func TestSlowReaderIsCutWithoutWaiting(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		st := c.open(as(anna), 1, c.subscribe(as(anna)).subID)
		st.want(opened)
		for range 1300 { // more than all buffers hold, less than the queue does; nobody reads
			s.Deliver(anna)
		}
		synctest.Wait()
		s.CutStreams(anna)
		synctest.Wait()
		truth := s.Truth()
		if have := truth.Connections[0].EndedWhy; have != "cut" {
			t.Errorf("ended %q, want cut", have)
		}
		if w := truth.Writes[len(truth.Writes)-1]; !w.Failed {
			t.Errorf("the last write is not marked as failed: %+v", w)
		}
		st.close()
	})
}

// What happens while a write is blocked is told at once afterwards: the error first, then the events.
func TestErrorsAndEventsAfterABlockedWrite(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		st, _, _ := pair(c)
		for range 50 {
			s.Deliver(anna)
		}
		synctest.Wait() // the handler is blocked in a write
		s.DropSubscriptions(bert)
		start := time.Now()
		var seen []string
		for events := 0; events < 150; {
			e, err := st.next()
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, e.String())
			for _, n := range e.Messages[0].Notifications {
				events += len(n.Events)
			}
		}
		if !slices.Contains(seen, "Error ErrorSubscriptionNotFound 1 ids") || time.Since(start) != 0 {
			t.Errorf("%q after %v", seen, time.Since(start))
		}
	})
}
