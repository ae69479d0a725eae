package ewssoap

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipeListener accepts what its dial dials, in memory, so that a server and a client share the clock of a bubble.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	close(l.closed)
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inBubble runs a test with a server and a client in a bubble with a clock of its own.
func inBubble(t *testing.T, h http.HandlerFunc, test func(t *testing.T, c *Client)) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		var handlers sync.WaitGroup
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handlers.Add(1)
			defer handlers.Done()
			_, _ = io.Copy(io.Discard, r.Body) // the server notices a client that left only afterwards
			h(w, r)
		})}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = server.Serve(l)
		}()
		c := NewClient(Options{Calls: NewTransport(TransportConfig{DialContext: l.dial}), Streams: NewTransport(TransportConfig{DialContext: l.dial})})
		test(t, c)
		c.CloseIdleConnections()
		_ = server.Close()
		<-done
		synctest.Wait()
		handlers.Wait()
	})
}

func put(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
}

func open(t *testing.T, ctx context.Context, c *Client, r StreamRequest) *Stream {
	t.Helper()
	s, err := c.GetStreamingEvents(ctx, Call{URL: someURL}, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// until reads a stream to its end and says how long that took.
func until(s *Stream) (count int, took time.Duration, err error) {
	begin := time.Now()
	envelopes, err := readAll(s)
	return len(envelopes), time.Since(begin), err
}

// TestSilence: a stream that says nothing is cut, and the server notices.
func TestSilence(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		silence time.Duration
		count   int
		want    time.Duration
	}{
		{"after the head", func(w http.ResponseWriter, r *http.Request) { put(w, "") }, 0, 0, 110 * time.Second},
		{"after an envelope", func(w http.ResponseWriter, r *http.Request) { put(w, heartbeat) }, 0, 1, 110 * time.Second},
		{"shorter", func(w http.ResponseWriter, r *http.Request) { put(w, heartbeat) }, time.Second, 1, time.Second},
		{"after heartbeats", func(w http.ResponseWriter, r *http.Request) {
			for range 4 {
				put(w, heartbeat)
				time.Sleep(100 * time.Second)
			}
		}, 0, 4, 300*time.Second + 110*time.Second},
		{"bytes that make no envelope", func(w http.ResponseWriter, r *http.Request) {
			for i := range 20 {
				put(w, heartbeat[i:i+1])
				time.Sleep(10 * time.Second)
			}
		}, 0, 0, 110 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gone := make(chan struct{}, 1)
			handler := func(w http.ResponseWriter, r *http.Request) {
				test.handler(w, r)
				<-r.Context().Done()
				gone <- struct{}{}
			}
			inBubble(t, handler, func(t *testing.T, c *Client) {
				r := oneStream
				r.Silence = test.silence
				count, took, err := until(open(t, t.Context(), c, r))
				if code(err) != ConditionSilence || count != test.count || took != test.want {
					t.Errorf("have %d envelopes, %v after %v, want %d, %s after %v", count, err, took, test.count, ConditionSilence, test.want)
				}
				synctest.Wait()
			})
			<-gone
		})
	}
}

// TestSlowCaller: a caller that does not read for a while is no silence of the server's.
func TestSlowCaller(t *testing.T) {
	inBubble(t, func(w http.ResponseWriter, r *http.Request) {
		for range 20 {
			put(w, heartbeat)
			time.Sleep(45 * time.Second)
		}
		put(w, goodbye)
	}, func(t *testing.T, c *Client) {
		s := open(t, t.Context(), c, oneStream)
		for range 20 {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(80 * time.Second)
		}
		if count, _, err := until(s); err != io.EOF || count != 1 {
			t.Errorf("have %d envelopes and %v", count, err)
		}
	})
}

// TestOverdue: a stream that the server does not end is cut some time after it should have.
func TestOverdue(t *testing.T) {
	for _, test := range []struct {
		overdue, want time.Duration
	}{
		{0, 4 * time.Minute},
		{time.Minute, 2 * time.Minute},
	} {
		inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				put(w, heartbeat)
				time.Sleep(45 * time.Second)
			}
		}, func(t *testing.T, c *Client) {
			_, took, err := until(open(t, t.Context(), c, StreamRequest{SubscriptionIDs: []string{firstID}, TimeoutMinutes: 1, Overdue: test.overdue}))
			if code(err) != ConditionOverdue || took != test.want {
				t.Errorf("have %v after %v, want %s after %v", err, took, ConditionOverdue, test.want)
			}
		})
	}
}

// TestHalfHour: a healthy stream lives as long as the server wants, and has no goroutine left afterwards.
func TestHalfHour(t *testing.T) {
	inBubble(t, func(w http.ResponseWriter, r *http.Request) {
		for range 40 {
			put(w, heartbeat)
			time.Sleep(45 * time.Second)
		}
		put(w, goodbye)
	}, func(t *testing.T, c *Client) {
		count, took, err := until(open(t, t.Context(), c, oneStream))
		if count != 41 || err != io.EOF || took != 30*time.Minute {
			t.Errorf("have %d envelopes, %v after %v", count, err, took)
		}
	})
}

func hanging(w http.ResponseWriter, r *http.Request) {
	put(w, heartbeat)
	<-r.Context().Done()
}

// TestCancelStream: the context's error comes at once, from Next and from every Next after it.
func TestCancelStream(t *testing.T) {
	inBubble(t, hanging, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithCancel(t.Context())
		s := open(t, ctx, c, oneStream)
		time.AfterFunc(7*time.Second, cancel)
		count, took, err := until(s)
		if err != context.Canceled || count != 1 || took != 7*time.Second {
			t.Errorf("have %d envelopes, %v after %v", count, err, took)
		}
		if _, err := s.Next(); err != context.Canceled {
			t.Errorf("then %v", err)
		}
	})
	inBubble(t, hanging, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := open(t, ctx, c, oneStream)
		time.AfterFunc(time.Second, func() { cancel(errors.New("a cause is not the context's error")) })
		if _, _, err := until(s); err != context.Canceled {
			t.Errorf("have %v", err)
		}
	})
	inBubble(t, hanging, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		if _, _, err := until(open(t, ctx, c, oneStream)); err != context.DeadlineExceeded {
			t.Errorf("have %v", err)
		}
	})
}

// TestCancelBuffered: a cancelled stream gives nothing more, even if there is something at hand.
func TestCancelBuffered(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := NewClient(Options{Streams: answering(http.StatusOK, http.Header{}, func() io.Reader { return strings.NewReader(strings.Repeat(heartbeat, 9)) })})
	s := open(t, ctx, c, oneStream)
	for range 3 {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if _, err := s.Next(); err != context.Canceled {
		t.Errorf("have %v", err)
	}
}

// closeCounter is a body that counts how often it is read and closed.
type closeCounter struct {
	io.Reader
	reads, closes int
}

func (c *closeCounter) Read(p []byte) (int, error) {
	c.reads++
	return c.Reader.Read(p)
}

func (c *closeCounter) Close() error {
	c.closes++
	return nil
}

// TestBodyClosed: every body is closed, as a transport may demand, and only the beginning of a stream is read in small steps.
func TestBodyClosed(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		do     func(*Client)
	}{
		{"answer", 200, subscribeOK(t), func(c *Client) { _, _ = c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe) }},
		{"refused answer", 200, "<html>", func(c *Client) { _, _ = c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe) }},
		{"refused stream", 503, "<html>", func(c *Client) { _, _ = c.GetStreamingEvents(t.Context(), Call{URL: someURL}, oneStream) }},
		{"closed stream", 200, heartbeat, func(c *Client) { _ = open(t, t.Context(), c, oneStream).Close() }},
		{"stream that ended", 200, strings.Repeat(heartbeat, 100), func(c *Client) { _, _, _ = until(open(t, t.Context(), c, oneStream)) }},
	}
	for _, test := range tests {
		body := &closeCounter{Reader: strings.NewReader(test.body)}
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: test.status, Body: body, ContentLength: -1}, nil
		})
		test.do(NewClient(Options{Calls: transport, Streams: transport}))
		if body.closes == 0 {
			t.Errorf("%s: not closed", test.name)
		}
		if body.reads > 200 {
			t.Errorf("%s: %d reads", test.name, body.reads)
		}
	}
}

// TestCloseStream: Close from another goroutine ends Next at once; nothing is drained.
func TestCloseStream(t *testing.T) {
	inBubble(t, hanging, func(t *testing.T, c *Client) {
		s := open(t, t.Context(), c, oneStream)
		time.AfterFunc(7*time.Second, func() { _ = s.Close() })
		_, took, err := until(s)
		if !errors.Is(err, net.ErrClosed) || took != 7*time.Second {
			t.Errorf("have %v after %v", err, took)
		}
		begin := time.Now()
		if err := s.Close(); err != nil || time.Since(begin) != 0 {
			t.Errorf("closing again: %v after %v", err, time.Since(begin))
		}
	})
	inBubble(t, hanging, func(t *testing.T, c *Client) {
		s := open(t, t.Context(), c, oneStream)
		_ = s.Close()
		if _, err := s.Next(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("have %v", err)
		}
	})
}

// TestNoHead: a server that takes the request and says nothing.
func TestNoHead(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	inBubble(t, silent, func(t *testing.T, c *Client) {
		begin := time.Now()
		if _, err := c.GetStreamingEvents(t.Context(), Call{URL: someURL}, oneStream); code(err) != ConditionTimeout {
			t.Errorf("GetStreamingEvents: have %v", err)
		}
		if _, err := c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe); code(err) != ConditionTimeout {
			t.Errorf("Subscribe: have %v", err)
		}
		if took := time.Since(begin); took != 2*DefaultCallTimeout {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Unsubscribe(ctx, Call{URL: someURL}, firstID); err != context.DeadlineExceeded {
			t.Errorf("Unsubscribe: have %v", err)
		}
		if err := c.Unsubscribe(ctx, Call{URL: someURL}, firstID); err != context.DeadlineExceeded {
			t.Errorf("Unsubscribe after the deadline: have %v", err)
		}
	})
}

// TestSlowAnswer: the time of a call includes the body, for an answer and for a fault.
func TestSlowAnswer(t *testing.T) {
	for status, want := range map[int]string{200: ConditionTimeout, 503: "HTTP 503"} {
		inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			put(w, "<Envelope>")
			<-r.Context().Done()
		}, func(t *testing.T, c *Client) {
			if _, err := c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe); code(err) != want {
				t.Errorf("have %v, want %s", err, want)
			}
		})
	}
}
