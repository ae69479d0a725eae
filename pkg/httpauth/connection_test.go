package httpauth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// atLeg makes a handler that does something to the requests with a given NTLM message, as long as it is on.
func atLeg(message string, on func() bool, do http.HandlerFunc) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if legOf(r) == message && on() {
				do(w, r)
				return
			}
			h.ServeHTTP(w, r)
		})
	}
}

// legOf tells the legs of a login by the beginning of base64.
func legOf(r *http.Request) string {
	switch a := r.Header.Get("Authorization"); {
	case strings.HasPrefix(a, "NTLM TlRMTVNTUAAB"):
		return "first"
	case strings.HasPrefix(a, "NTLM TlRMTVNTUAAD"):
		return "last"
	}
	return "none"
}

func times(n int32) func() bool {
	var count atomic.Int32
	return func() bool { return count.Add(1) <= n }
}

func always() bool { return true }

// TestLostBetweenLegs: a connection that ends after the challenge costs another login, but not for ever, and never is a
// last message sent on another connection.
func TestLostBetweenLegs(t *testing.T) {
	challengeAndClose := func(h http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			h.ServeHTTP(w, r)
		}
	}
	for name, tt := range map[string]struct {
		lost     int32
		messages []int
		fails    string
	}{
		"once":   {1, []int{1, 1, 3}, ""},
		"thrice": {3, []int{1, 1, 1}, "ends its connection within the login"},
	} {
		t.Run(name, func(t *testing.T) {
			on := times(tt.lost)
			w := newWorld(t, true, nil, func(h http.Handler) http.Handler {
				return atLeg("first", on, challengeAndClose(h))(h)
			})
			c := w.client(t, nil)
			if tt.fails == "" {
				echoes(t, c, w.URL)
			} else if _, err := c.Post(w.URL, "", strings.NewReader("hello")); err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("have %v, want %q", err, tt.fails)
			}
			equal(t, "messages", w.messages(), tt.messages)
		})
	}
}

// TestHangUp: a server that hangs up instead of answering gives an error, and the next request goes well.
func TestHangUp(t *testing.T) {
	for _, message := range []string{"first", "last", "none"} {
		t.Run(message, func(t *testing.T) {
			var on atomic.Bool
			hang := func(w http.ResponseWriter, _ *http.Request) { on.Store(false); hangUp(w) }
			w := newWorld(t, true, nil, atLeg(message, on.Load, hang))
			c := w.client(t, nil)
			if message == "none" {
				echoes(t, c, w.URL) // to have a connection that is logged in
			}
			on.Store(true)
			if answer, err := c.Post(w.URL, "", strings.NewReader("hello")); err == nil {
				t.Errorf("have %s", answer.Status)
				_ = answer.Body.Close()
			}
			echoes(t, c, w.URL)
		})
	}
}

// TestServerClosesAfterEach: each answer ends its connection, so each request logs in.
func TestServerClosesAfterEach(t *testing.T) {
	w := newWorld(t, true, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		_, _ = io.Copy(w, r.Body)
	}, nil)
	c := w.client(t, nil)
	echoes(t, c, w.URL)
	echoes(t, c, w.URL)
	equal(t, "messages", w.messages(), []int{1, 3, 1, 3})
}

// TestBodies: none, a large one, and one that cannot be sent again.
func TestBodies(t *testing.T) {
	w := newWorld(t, true, nil, nil)
	c := w.client(t, nil)
	answer, err := c.Get(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("GET: %s", answer.Status)
	}
	large := strings.Repeat("x", 4<<20)
	c.CloseIdleConnections()
	if status, text := post(t, c, w.URL, large); status != http.StatusOK || text != large {
		t.Errorf("large: %d, %d bytes", status, len(text))
	}
	w.forget()
	closed := &closing{Reader: strings.NewReader("hello")}
	if _, err := c.Post(w.URL, "", closed); err == nil || !strings.Contains(err.Error(), "needs GetBody") {
		t.Errorf("have %v", err)
	}
	if !closed.closed || len(w.messages()) != 0 {
		t.Errorf("body closed: %v, requests: %v", closed.closed, w.messages())
	}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

// TestCancel: a context that ends in any leg, or while the answer is read, gives its error and leaves nothing behind.
func TestCancel(t *testing.T) {
	for _, message := range []string{"first", "last", "none"} {
		t.Run(message, func(t *testing.T) {
			var on atomic.Bool
			ctx, cancel := context.WithCancel(t.Context())
			hang := func(_ http.ResponseWriter, r *http.Request) {
				on.Store(false)
				_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client left
				cancel()
				<-r.Context().Done()
			}
			w := newWorld(t, true, nil, atLeg(message, on.Load, hang))
			c := w.client(t, nil)
			if message == "none" {
				echoes(t, c, w.URL)
			}
			on.Store(true)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader([]byte("hello")))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Do(r); !errors.Is(err, context.Canceled) {
				t.Errorf("have %v", err)
			}
			w.forget()
			echoes(t, c, w.URL)
			equal(t, "messages", w.messages(), []int{1, 3})
		})
	}
}

// TestRefusalTooLong: a 401 that does not end is not read to its end.
func TestRefusalTooLong(t *testing.T) {
	var cut atomic.Int32
	w := newWorld(t, true, nil, func(h http.Handler) http.Handler {
		return atLeg("first", always, func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			for range 200 {
				if _, err := w.Write(make([]byte, maxDrained)); err != nil {
					cut.Add(1)
					return
				}
			}
		})(h)
	})
	if _, err := w.client(t, nil).Get(w.URL); err == nil || !strings.Contains(err.Error(), "within the login") {
		t.Errorf("have %v", err)
	}
	equal(t, "messages", w.messages(), []int{1, 1, 1})
	w.Close()
	if cut.Load() != maxLost {
		t.Errorf("%d of %d refusals were cut", cut.Load(), maxLost)
	}
}

// TestNotKept: a connection that cannot go on does not come back to the pool.
func TestNotKept(t *testing.T) {
	w := newWorld(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/last" {
			w.Header().Set("Connection", "close")
		}
		_, _ = w.Write(make([]byte, 1<<20))
	}, nil)
	c := w.client(t, nil)
	for path, n := range map[string]int64{"/last": 1 << 30, "/half": 1 << 10} {
		answer, err := c.Get(w.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.CopyN(io.Discard, answer.Body, n)
		_ = answer.Body.Close()
		if n := c.Transport.(*Transport).pool.count; n != 0 {
			t.Errorf("%s: %d connections are idle", path, n)
		}
	}
}
