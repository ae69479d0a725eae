package ewssoap

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite the golden requests in testdata/wire")

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

const (
	firstID  = "DQBleDAxLnNpbS50ZXN0EAAAAOAEJT+JT9NBmgwDBegsMwEAaJPEakffCBAAAAAQuKdrrZ3REYC0AMBP1DDI"
	secondID = "DQBleDAxLnNpbS50ZXN0EAAAAOAEJT+JT9NBmgwDBegsMwIAaJPEakffCBAAAAAQuKdrrZ3REYC0AMBP1DDJ"
	someURL  = "http://exchange.example.com/EWS/Exchange.asmx"
)

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering is a transport that gives the same answer to every request.
func answering(status int, header http.Header, body func() io.Reader) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Header: header.Clone(), ContentLength: -1,
			Body: io.NopCloser(body()), Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		}, nil
	}
}

// streamOf opens a stream with the given body.
func streamOf(t testing.TB, body io.Reader, o Options) *Stream {
	t.Helper()
	o.Streams = answering(http.StatusOK, http.Header{}, func() io.Reader { return body })
	s, err := NewClient(o).GetStreamingEvents(t.Context(), Call{URL: someURL}, StreamRequest{SubscriptionIDs: []string{firstID}, TimeoutMinutes: 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// readAll reads a stream to its end.
func readAll(s *Stream) (envelopes []*Envelope, end error) {
	for {
		e, err := s.Next()
		if err != nil {
			return envelopes, err
		}
		envelopes = append(envelopes, e)
	}
}

// serve runs a server for a test and a client for it.
func serve(t *testing.T, o Options, h http.HandlerFunc) (*Client, Call) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c := NewClient(o)
	t.Cleanup(c.CloseIdleConnections)
	return c, Call{URL: server.URL + "/EWS/Exchange.asmx"}
}

// code returns the code of an *Error, else the text of the error.
func code(err error) string {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Code
	case err != nil:
		return err.Error()
	}
	return ""
}

func wire(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/wire/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// golden compares a request with its golden file, or rewrites it.
func golden(t *testing.T, name string, have []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/wire/"+name, have, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := wire(t, name); !bytes.Equal(have, want) {
		t.Errorf("%s\nhave %s\nwant %s", name, have, want)
	}
}

// subscribeOK is the whole answer to a Subscribe that succeeded.
func subscribeOK(t testing.TB) string { return string(wire(t, "subscribe/folders.res.xml")) }

// oneSubscribe is a request that is in order.
var oneSubscribe = SubscribeRequest{Folders: []FolderID{{Distinguished: "inbox"}}, EventTypes: []EventType{NewMailEvent}}

// oneStream is a request that is in order.
var oneStream = StreamRequest{SubscriptionIDs: []string{firstID}, TimeoutMinutes: 30}

func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in %q", w, text)
		}
	}
}
