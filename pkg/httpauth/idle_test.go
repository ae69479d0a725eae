package httpauth

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener and a dialer over net.Pipe.
type pipes struct {
	accept chan net.Conn
	open   atomic.Int32 // connections that the client has not closed
}

func (p *pipes) Accept() (net.Conn, error) {
	c, ok := <-p.accept
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p *pipes) Close() error   { return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.open.Add(1)
	p.accept <- server
	return &counted{Conn: client, end: sync.OnceFunc(func() { p.open.Add(-1) })}, nil
}

type counted struct {
	net.Conn
	end func()
}

func (c *counted) Close() error { c.end(); return c.Conn.Close() }

// piped runs a server over pipes while a test of time runs, and gives a transport for it.
func piped(t *testing.T, serverIdle time.Duration, h http.HandlerFunc, run func(*testing.T, *Transport, *pipes)) {
	synctest.Test(t, func(t *testing.T) {
		ntlm := &NTLMServer{Password: func(string, string) (string, bool) { return password, true }}
		p := &pipes{accept: make(chan net.Conn)}
		server := &http.Server{ConnContext: ntlm.ConnContext, Handler: ntlm.Handler(h), IdleTimeout: serverIdle}
		go func() { _ = server.Serve(p) }()
		transport, err := New(Config{Mechanism: as("anna", password), MaxIdle: 3, Transport: &http.Transport{DialContext: p.dial}})
		if err != nil {
			t.Fatal(err)
		}
		run(t, transport, p)
		transport.CloseIdleConnections()
		synctest.Wait()
		if n := p.open.Load(); n != 0 {
			t.Errorf("%d connections are open in the end", n)
		}
		close(p.accept)
		_ = server.Close()
	})
}

// TestIdle: idle connections are bounded in number and time.
func TestIdle(t *testing.T) {
	var together chan struct{}
	piped(t, time.Hour, func(http.ResponseWriter, *http.Request) { <-together }, func(t *testing.T, transport *Transport, p *pipes) {
		together = make(chan struct{})
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { get(t, transport) })
		}
		synctest.Wait()
		open := []int32{p.open.Load()}
		close(together)
		all.Wait()
		open = append(open, p.open.Load())
		time.Sleep(DefaultIdleTimeout - time.Second)
		get(t, transport) // keeps its connection for longer
		time.Sleep(2 * time.Second)
		open = append(open, p.open.Load())
		time.Sleep(DefaultIdleTimeout)
		open = append(open, p.open.Load())
		get(t, transport)
		equal(t, "open connections", append(open, p.open.Load()), []int32{5, 3, 1, 0, 1})
	})
}

// TestClosedWhileIdle: connections that the server ended meanwhile are replaced without a word.
func TestClosedWhileIdle(t *testing.T) {
	var connections sync.Map
	piped(t, 10*time.Second, func(_ http.ResponseWriter, r *http.Request) {
		connections.Store(r.Context().Value(ntlmConnKey{}), true)
	}, func(t *testing.T, transport *Transport, _ *pipes) {
		for range 3 {
			get(t, transport)
			time.Sleep(11 * time.Second)
		}
	})
	n := 0
	connections.Range(func(any, any) bool { n++; return true })
	if n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}

// TestLateDial: a connection that comes when nobody waits for it any more is closed.
func TestLateDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dialed, server := net.Pipe()
		defer func() { _ = server.Close() }()
		closed := false
		conn := &counted{Conn: dialed, end: func() { closed = true }}
		transport, err := New(Config{Mechanism: as("anna", password), Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { time.Sleep(time.Minute); return conn, nil },
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://exchange.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := transport.RoundTrip(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("have %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !closed {
			t.Error("the connection stays open")
		}
	})
}

func get(t *testing.T, transport http.RoundTripper) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://exchange.test/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("have %s", answer.Status)
	}
}
