package ewssoap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	password = "correct horse battery staple"
	token    = "eyJ0eXAiOiJKV1QifQ.payload.signature"
	backend  = "BE1.example.local~1941996295"
	session  = "0123456789abcdef"
)

// traced runs a client with a trace against a server that sets cookies.
func traced(t *testing.T, o Options, status int, body string) (*Client, Call, *[]Exchange) {
	t.Helper()
	var seen []Exchange
	o.Trace = func(x Exchange) { seen = append(seen, x) }
	c, call := serve(t, o, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "X-BackEndOverrideCookie="+backend+"; path=/; secure; HttpOnly")
		w.Header().Add("Set-Cookie", "exchangecookie="+session)
		w.Header().Set("X-BackEndOverrideCookie", backend) // some send it as a header
		w.Header().Set("request-id", "r1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	call.URL = strings.Replace(call.URL, "://", "://user:hunter2@", 1)
	call.Affinity = Affinity{Anchor: "anna@example.com", Prefer: true, Cookie: backend}
	return c, call, &seen
}

// secretsIn looks for secrets in everything a trace was told.
func secretsIn(t *testing.T, seen []Exchange) {
	t.Helper()
	var out bytes.Buffer
	for _, x := range seen {
		fmt.Fprintf(&out, "%+v %v %s %s\n", x, x.Err, x.RequestBody, x.ResponseBody)
		_ = x.RequestHeader.Write(&out)
		_ = x.ResponseHeader.Write(&out)
	}
	basic := http.Request{Header: http.Header{}}
	basic.SetBasicAuth("sa1", password)
	for _, secret := range []string{password, strings.TrimPrefix(basic.Header.Get("Authorization"), "Basic "), token, backend, session, "hunter2"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the trace shows %q:\n%s", secret, out.String())
		}
	}
}

func TestTraceCall(t *testing.T) {
	auth := BasicAuth("sa1", func() (string, error) { return password, nil })
	c, call, seen := traced(t, Options{Auth: auth}, http.StatusOK, subscribeOK(t))
	begin := time.Now()
	response, err := c.Subscribe(t.Context(), call, oneSubscribe)
	if err != nil {
		t.Fatal(err)
	}
	if response.Cookie.Value() != backend {
		t.Errorf("the redaction reached the answer: %q", response.Cookie.Value())
	}
	if len(*seen) != 1 {
		t.Fatalf("%d exchanges", len(*seen))
	}
	secretsIn(t, *seen)
	x := (*seen)[0]
	if x.Op != "Subscribe" || x.Method != http.MethodPost || x.Status != 200 || x.RequestID != "r1" || x.Err != nil || x.Envelope != 0 {
		t.Errorf("have %+v", x)
	}
	if x.ClientRequestID == "" || x.ClientRequestID != response.Meta.ClientRequestID || x.ClientRequestID != x.RequestHeader.Get("client-request-id") {
		t.Errorf("client-request-id: %q, %q", x.ClientRequestID, response.Meta.ClientRequestID)
	}
	if x.Started.Before(begin) || x.Received.Before(x.Started) || x.Finished.Before(x.Received) {
		t.Errorf("times: %v, %v, %v", x.Started, x.Received, x.Finished)
	}
	contains(t, string(x.RequestBody), "<m:Subscribe>", "</s:Envelope>")
	contains(t, string(x.ResponseBody), firstID, "</s:Envelope>")
	contains(t, x.RequestHeader.Get("Authorization"), "Basic REDACTED")
	contains(t, x.RequestHeader.Get("Cookie"), "X-BackEndOverrideCookie=REDACTED")
	contains(t, strings.Join(x.ResponseHeader.Values("Set-Cookie"), "|"), "X-BackEndOverrideCookie=REDACTED; path=/; secure; HttpOnly|exchangecookie=REDACTED")
	contains(t, x.URL, "http://user:xxxxx@127.0.0.1", "/EWS/Exchange.asmx")
}

func TestTraceFailures(t *testing.T) {
	auth := BearerAuth(func(context.Context) (string, error) { return token, nil })
	page := "<html><body>" + strings.Repeat("Sign in. ", 100) + "</body></html>"
	for status, want := range map[int]string{200: ConditionNotSOAP, 403: "HTTP 403"} {
		c, call, seen := traced(t, Options{Auth: auth}, status, page)
		_, _ = c.Subscribe(t.Context(), call, oneSubscribe)
		_, err := c.GetStreamingEvents(t.Context(), call, oneStream)
		secretsIn(t, *seen)
		if len(*seen) != 2 {
			t.Fatalf("%d exchanges", len(*seen))
		}
		x := (*seen)[0]
		if code(x.Err) != want || x.Status != status {
			t.Errorf("have %v, want %s", x.Err, want)
		}
		contains(t, string(x.ResponseBody), "Sign in. Sign in.")
		if status != 200 && (code(err) != want || code((*seen)[1].Err) != want) {
			t.Errorf("stream: have %v", err)
		}
	}
	var seen []Exchange
	c := NewClient(Options{Auth: auth, Trace: func(x Exchange) { seen = append(seen, x) }, Calls: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("broken")
	})})
	_ = c.Unsubscribe(t.Context(), Call{URL: someURL}, firstID)
	secretsIn(t, seen)
	if len(seen) != 1 || seen[0].Status != 0 || code(seen[0].Err) != ConditionReset || !seen[0].Received.IsZero() {
		t.Errorf("have %+v", seen)
	}
}

func TestTraceStream(t *testing.T) {
	c, call, seen := traced(t, Options{}, http.StatusOK, heartbeat+goodbye+heartbeat[:50])
	s, err := c.GetStreamingEvents(t.Context(), call, oneStream)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(s); code(err) != ConditionTruncated {
		t.Errorf("have %v", err)
	}
	secretsIn(t, *seen)
	if len(*seen) != 4 {
		t.Fatalf("%d exchanges", len(*seen))
	}
	for i, body := range []string{"", heartbeat, goodbye, heartbeat[:50]} {
		x := (*seen)[i]
		if x.Envelope != i || string(x.ResponseBody) != body || x.RequestID != "r1" || (x.RequestBody == nil) != (i > 0) {
			t.Errorf("%d: have %+v", i, x)
		}
	}
	if code((*seen)[3].Err) != ConditionTruncated {
		t.Errorf("have %v", (*seen)[3].Err)
	}
}

// TestTraceOfOthers: requests that are not the client's own are told, too, if they are wanted, and without secrets.
func TestTraceOfOthers(t *testing.T) {
	var seen []Exchange
	wanted := true
	c := NewClient(Options{Trace: func(x Exchange) { seen = append(seen, x) }, Traced: func(label string) bool { return wanted && label == "autodiscover" }})
	rt := c.Traced(roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/broken" {
			return nil, errors.New("broken")
		}
		header := http.Header{"Location": {"https://mail.contoso.com/"}, "Set-Cookie": {"exchangecookie=" + session}}
		return answering(http.StatusFound, header, func() io.Reader { return strings.NewReader("") })(r)
	}), "redirect", AutodiscoverLabel)
	for _, path := range []string{"/", "/broken"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://autodiscover.contoso.com"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := rt.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
		wanted = !wanted
		if answer, err := rt.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
	}
	secretsIn(t, seen)
	if len(seen) != 2 {
		t.Fatalf("%d exchanges", len(seen))
	}
	if x := seen[0]; x.Op != "redirect" || x.Method != "GET" || x.Status != 302 || x.ResponseHeader.Get("Location") == "" || x.Started.IsZero() || x.Received.IsZero() {
		t.Errorf("have %+v", x)
	}
	if x := seen[1]; x.Status != 0 || x.Err == nil {
		t.Errorf("have %+v", x)
	}
}

// TestTraceIsolated: a receiver that changes what it is given changes nothing else.
func TestTraceIsolated(t *testing.T) {
	var seen []string
	c := NewClient(Options{
		Streams: answering(http.StatusOK, http.Header{"X-A": {"1"}}, func() io.Reader { return strings.NewReader(heartbeat + goodbye) }),
		Trace: func(x Exchange) {
			seen = append(seen, x.ResponseHeader.Get("X-A")+x.RequestHeader.Get("Accept"))
			x.ResponseHeader.Set("X-A", "2")
			x.RequestHeader.Set("Accept", "2")
		},
	})
	s, err := c.GetStreamingEvents(t.Context(), Call{URL: someURL}, oneStream)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(s); err != io.EOF {
		t.Fatal(err)
	}
	if have, want := strings.Join(seen, " "), "1text/xml 1text/xml 1text/xml"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
}

// TestErrorsHoldNoSecrets: the texts of errors, whatever went wrong.
func TestErrorsHoldNoSecrets(t *testing.T) {
	auth := BasicAuth("sa1", func() (string, error) { return password, nil })
	for _, answer := range []struct {
		status int
		body   string
	}{{200, "<html>"}, {401, ""}, {500, invalidID}} {
		c, call, _ := traced(t, Options{Auth: auth}, answer.status, answer.body)
		_, err := c.Subscribe(t.Context(), call, oneSubscribe)
		secretsIn(t, []Exchange{{Err: err}})
		secretsIn(t, []Exchange{{Err: fmt.Errorf("%#v %+v", err, err)}})
		contains(t, err.Error(), "Subscribe", "request-id r1")
	}
	bad := Call{URL: "http://user:hunter2@[::1/", Affinity: Affinity{Cookie: "a\nb" + backend}}
	_, err := NewClient(Options{}).Subscribe(t.Context(), bad, oneSubscribe)
	secretsIn(t, []Exchange{{Err: err}})
	bad.URL = "http://user:hunter2@127.0.0.1:1/"
	_, err = NewClient(Options{Auth: auth}).Subscribe(t.Context(), bad, oneSubscribe)
	secretsIn(t, []Exchange{{Err: err}})
}

// TestTraced: a trace can be switched on and off, also in the middle of a stream.
func TestTraced(t *testing.T) {
	on := false
	c, call, seen := traced(t, Options{Traced: func(label string) bool { return on && label == "a-1" }}, http.StatusOK, heartbeat+heartbeat+goodbye)
	call.Label = "a-1"
	s, err := c.GetStreamingEvents(t.Context(), call, oneStream)
	if err != nil {
		t.Fatal(err)
	}
	for _, on = range []bool{true, true, false} {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if len(*seen) != 2 || (*seen)[0].ResponseBody != nil || string((*seen)[1].ResponseBody) != heartbeat || (*seen)[1].Label != "a-1" {
		t.Errorf("have %+v, want the two envelopes that came while it was on, of which the second began then", *seen)
	}
}
