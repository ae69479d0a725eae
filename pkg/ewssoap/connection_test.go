package ewssoap

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// rawServer answers every request on every connection with the bytes given, and counts the connections.
func rawServer(t *testing.T, answer func(n int) string) (Call, *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var conns, requests atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			go func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					if _, err := io.WriteString(conn, answer(int(requests.Add(1))-1)); err != nil {
						return
					}
				}
			}()
		}
	}()
	return Call{URL: "http://" + l.Addr().String() + "/EWS/Exchange.asmx"}, &conns
}

func withLength(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func chunked(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
}

const invalidID = `<S:Envelope xmlns:S="S"><S:Header/><S:Body><S:Fault><faultcode>SOAP:Client</faultcode></S:Fault></S:Body></S:Envelope>`

// TestStaleAnswer: some servers send a second answer behind a fault. The next call must not take it for its own.
func TestStaleAnswer(t *testing.T) {
	stale := `<S:Envelope xmlns:S="S"><S:Body><m:SubscribeResponse xmlns:m="M"/></S:Body></S:Envelope>`
	for name, frame := range map[string]func(string) string{"length": withLength, "chunked": chunked} {
		for _, first := range []string{invalidID, stale, otherAnswer, "<html></html>"} {
			call, _ := rawServer(t, func(n int) string {
				if n%2 == 0 {
					return frame(first) + frame(stale)
				}
				return frame(subscribeOK(t))
			})
			var traced int
			c := NewClient(Options{Trace: func(Exchange) { traced++ }}) // the trace reads on, and must not read to the end
			for i := range 30 {
				if _, err := c.Subscribe(t.Context(), call, oneSubscribe); err == nil {
					t.Fatalf("%s: call %d: the wrong answer was accepted", name, 2*i)
				}
				if _, err := c.Subscribe(t.Context(), call, oneSubscribe); err != nil {
					t.Fatalf("%s: call %d: %v", name, 2*i+1, err)
				}
			}
			if traced != 60 {
				t.Errorf("%d exchanges were traced", traced)
			}
			c.CloseIdleConnections()
		}
	}
}

// TestStaleStream: the same on streams.
func TestStaleStream(t *testing.T) {
	for name, frame := range map[string]func(string) string{"length": withLength, "chunked": chunked} {
		call, _ := rawServer(t, func(n int) string {
			if n%2 == 0 {
				return frame(invalidID) + frame(`<Envelope><Body><GetStreamingEvents/></Body></Envelope>`)
			}
			return chunked(heartbeat + goodbye)
		})
		c := NewClient(Options{})
		for i := range 20 {
			s, err := c.GetStreamingEvents(t.Context(), call, oneStream)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"Client", "EOF"}[i%2]
			if _, err := readAll(s); code(err) != want {
				t.Fatalf("%s: stream %d: have %v, want %s", name, i, err, want)
			}
			_ = s.Close()
		}
		c.CloseIdleConnections()
	}
}

// TestNoReuse: the connection of a wrong answer is closed also where no second answer follows.
func TestNoReuse(t *testing.T) {
	page := "<html>" + strings.Repeat("Sign in. ", 5) + "</html>"
	for name, frame := range map[string]func(string) string{"length": withLength, "chunked": chunked} {
		for _, wrong := range []string{invalidID, otherAnswer, page, "Service unavailable", "<html></html>"} {
			for _, trace := range []func(Exchange){nil, func(Exchange) {}} {
				call, conns := rawServer(t, func(int) string { return frame(wrong) })
				c := NewClient(Options{Trace: trace})
				for range 5 {
					_, _ = c.Subscribe(t.Context(), call, oneSubscribe)
				}
				if n := conns.Load(); n != 5 {
					t.Errorf("%s, trace %v: %d connections for 5 wrong answers %q", name, trace != nil, n, wrong)
				}
				c.CloseIdleConnections()
			}
		}
	}
}

// TestReuse: good answers, and errors of a single mailbox, leave the connection in use.
func TestReuse(t *testing.T) {
	for name, frame := range map[string]func(string) string{"length": withLength, "chunked": chunked} {
		call, conns := rawServer(t, func(n int) string {
			return frame(string(wire(t, []string{"subscribe/folders.res.xml", "subscribe/exceeded.res.xml"}[n%2])) + strings.Repeat("\n", n))
		})
		c := NewClient(Options{})
		for range 30 {
			_, _ = c.Subscribe(t.Context(), call, oneSubscribe)
		}
		if n := conns.Load(); n != 1 {
			t.Errorf("%s: %d connections for 30 calls", name, n)
		}
		c.CloseIdleConnections()
	}
}

// TestAnswers says what an answer that is none is called.
func TestAnswers(t *testing.T) {
	tests := []struct {
		name, body, want string
	}{
		{"right", subscribeOK(t), ""},
		{"empty", "", ConditionNotSOAP},
		{"half", subscribeOK(t)[:500], ConditionTruncated},
		{"HTML", "<!DOCTYPE html><html>", ConditionNotSOAP},
		{"JSON", `{"error": 1}`, ConditionNotSOAP},
		{"junk", "\x1f\x8b\x08\x00", ConditionNotSOAP},
		{"another operation", otherAnswer, ConditionNotSOAP},
		{"no message", "<Envelope><Body><SubscribeResponse/></Body></Envelope>", ConditionNotSOAP},
		{"no id", strings.Replace(subscribeOK(t), firstID, " ", 1), ConditionMalformed},
		{"bad XML", strings.Replace(subscribeOK(t), "</m:ResponseCode>", "</m:Code>", 1), ConditionMalformed},
		{"no class, no code", "<Envelope><Body><SubscribeResponse><ResponseMessages><SubscribeResponseMessage/></ResponseMessages></SubscribeResponse></Body></Envelope>", ConditionMalformed},
		{"too deep", strings.Replace(subscribeOK(t), "<m:ResponseMessages>", "<m:ResponseMessages>"+nested(maxDepth), 1), ConditionMalformed},
		{"warning", strings.Replace(subscribeOK(t), `"Success"><m:ResponseCode>NoError`, `"Warning"><m:ResponseCode>ErrorBatchProcessingStopped`, 1), "ErrorBatchProcessingStopped"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := NewClient(Options{Calls: answering(http.StatusOK, nil, func() io.Reader { return strings.NewReader(test.body) })})
			if _, err := c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe); code(err) != test.want {
				t.Errorf("have %v, want %q", err, test.want)
			}
		})
	}
	c := NewClient(Options{Calls: answering(http.StatusOK, nil, func() io.Reader {
		return io.MultiReader(strings.NewReader("<Envelope>"), endless("<x></x>"))
	})})
	c.maxAnswer = 1 << 20
	if _, err := c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe); code(err) != ConditionMalformed {
		t.Errorf("endless: have %v", err)
	}
}

// TestFolderAnswers says what answers to folder requests are refused for contradicting the request.
func TestFolderAnswers(t *testing.T) {
	answers := func(body string) *Client {
		return NewClient(Options{Calls: answering(http.StatusOK, nil, func() io.Reader { return strings.NewReader(body) })})
	}
	_, err := answers(string(wire(t, "getfolder/mixed.res.xml"))).GetFolder(t.Context(), Call{URL: someURL}, GetFolderRequest{Folders: []FolderID{{ID: "A"}}})
	if code(err) != ConditionMalformed {
		t.Errorf("four answers for one folder: have %v", err)
	}
	none := `<Envelope><Body><GetFolderResponse><ResponseMessages><GetFolderResponseMessage ResponseClass="Success"/></ResponseMessages></GetFolderResponse></Body></Envelope>`
	results, err := answers(none).GetFolder(t.Context(), Call{URL: someURL}, GetFolderRequest{Folders: []FolderID{{ID: "A"}}})
	if err != nil || code(results[0].Err) != ConditionMalformed {
		t.Errorf("success without a folder: have %+v, %v", results, err)
	}
	_, err = answers(string(wire(t, "findfolder/first.res.xml"))).FindFolder(t.Context(), Call{URL: someURL}, FindFolderRequest{Parent: FolderID{ID: "A"}, Offset: 3, MaxEntries: 3})
	if code(err) != ConditionMalformed {
		t.Errorf("a next page that is this one: have %v", err)
	}
}

// noLogin is the error of a transport that logs in.
type noLogin struct{ error }

func (noLogin) LoginFailed() {}

// TestConditions breaks the way to the server in every way that has a name.
func TestConditions(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := "http://" + listener.Addr().String()
	_ = listener.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	t.Cleanup(secure.Close)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = quiet
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	t.Cleanup(old.Close)
	reset := httptest.NewServer(abort(func(c *net.TCPConn) { _ = c.SetLinger(0) }))
	t.Cleanup(reset.Close)
	closing := httptest.NewServer(abort(func(*net.TCPConn) {}))
	t.Cleanup(closing.Close)

	dialing := func(err error) TransportConfig {
		return TransportConfig{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
	}
	dialError := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	tests := []struct {
		name   string
		url    string
		config TransportConfig
		want   string
	}{
		{"no such host", someURL, dialing(dialError(&net.DNSError{Err: "no such host", IsNotFound: true})), ConditionDNSNotFound},
		{"name server down", someURL, dialing(dialError(&net.DNSError{Err: "server misbehaving", IsTemporary: true})), ConditionDNS},
		{"name server slow", someURL, dialing(dialError(&net.DNSError{Err: "timeout", IsTimeout: true})), ConditionDNS},
		{"no login", someURL, dialing(noLogin{&net.DNSError{}}), ConditionAuthorizer},
		{"refused", refusing, TransportConfig{}, ConditionRefused},
		{"no route", someURL, dialing(dialError(os.NewSyscallError("connect", syscall.EHOSTUNREACH))), ConditionRefused},
		{"dial times out", someURL, dialing(dialError(os.ErrDeadlineExceeded)), ConditionConnectTimeout},
		{"SYN times out", someURL, dialing(dialError(os.NewSyscallError("connect", syscall.ETIMEDOUT))), ConditionConnectTimeout},
		{"unknown authority", secure.URL, TransportConfig{}, ConditionTLS},
		{"wrong name", secure.URL, TransportConfig{RootCAs: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, TLS: &tls.Config{ServerName: "other.example.org"}}, ConditionTLS},
		{"too old", old.URL, TransportConfig{TLS: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}}, ConditionTLS},
		{"the caller's own check", secure.URL, TransportConfig{TLS: &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return errors.New("revoked") }}}, ConditionTLS},
		{"no TLS", "https://" + strings.TrimPrefix(plain.URL, "http://"), TransportConfig{}, ConditionTLS},
		{"reset", reset.URL, TransportConfig{}, ConditionReset},
		{"closed before the answer", closing.URL, TransportConfig{}, ConditionReset},
		{"closed in the handshake", "https://" + strings.TrimPrefix(closing.URL, "http://"), TransportConfig{DialContext: hangUp}, ConditionReset},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			transport := NewTransport(test.config)
			defer transport.CloseIdleConnections()
			c := NewClient(Options{Calls: transport, Streams: transport})
			call := Call{URL: test.url}
			_, err := c.Subscribe(t.Context(), call, oneSubscribe)
			var e *Error
			if !errors.As(err, &e) || e.Code != test.want || e.HTTPStatus != 0 || e.Err == nil || e.Op != "Subscribe" {
				t.Errorf("Subscribe: have %#v, want %s", err, test.want)
			}
			if _, err := c.GetStreamingEvents(t.Context(), call, oneStream); code(err) != test.want {
				t.Errorf("GetStreamingEvents: have %v, want %s", err, test.want)
			}
		})
	}
}

// hangUp dials a server that closes at once.
func hangUp(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	_ = theirs.Close()
	return ours, nil
}

// abort is a server that ends the connection in place of an answer.
func abort(how func(*net.TCPConn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		how(conn.(*net.TCPConn))
		_ = conn.Close()
	}
}

// TestConnectTimeout: a host that does not answer, and one that accepts and does not speak TLS.
func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := NewTransport(TransportConfig{DialContext: func(context.Context, string, string) (net.Conn, error) {
			time.Sleep(5 * time.Minute) // the transport does not cancel a dial that another request might use
			return nil, errors.New("no answer")
		}})
		if _, err := NewClient(Options{Calls: deaf}).Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe); code(err) != ConditionConnectTimeout {
			t.Errorf("deaf: have %v", err)
		}
		var server net.Conn
		mute := NewTransport(TransportConfig{DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			server = theirs
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}})
		if _, err := NewClient(Options{Calls: mute}).Subscribe(t.Context(), Call{URL: "https://exchange.example.com/"}, oneSubscribe); code(err) != ConditionConnectTimeout {
			t.Errorf("mute: have %v", err)
		}
		_ = server.Close()
		time.Sleep(5 * time.Minute)
	})
}

// TestProxyRefuses: the status of a proxy that opens no tunnel.
func TestProxyRefuses(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	transport := NewTransport(TransportConfig{})
	defer transport.CloseIdleConnections()
	transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	_, err := NewClient(Options{Calls: transport}).Subscribe(t.Context(), Call{URL: "https://exchange.example.com/"}, oneSubscribe)
	var e *Error
	if !errors.As(err, &e) || e.Code != "HTTP 407" || e.HTTPStatus != 407 {
		t.Errorf("have %v", err)
	}
}
