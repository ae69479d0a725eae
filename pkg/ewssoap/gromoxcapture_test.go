package ewssoap

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// An exchange with gromox, an independent server, as it was captured.
type captured struct {
	method    string // of HTTP
	operation string // of the request's Body, GetFolder if it has none
	answer    []byte // all bytes the server sent for it
}

var (
	blockHead = regexp.MustCompile(`(?m)^--- \[[0-9.]+s\] ([0-9]+) bytes:[ \n]`)
	bodyStart = regexp.MustCompile(`<soap:Body><[am]:([A-Za-z]+?)(RequestMessage)?[ />]`)
)

// capture reads a file of captured exchanges.
func capture(t *testing.T, name string) []captured {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(reference(t, "gromox-wire"), name))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "<CRLF>\n", "\r\n")
	if strings.HasPrefix(text, "* ") {
		return []captured{{method: http.MethodPost, operation: "GetFolder", answer: curled(text)}}
	}
	var out []captured
	for _, part := range strings.Split(text, "=== REQUEST\n")[1:] {
		request, response, found := strings.Cut(part, "=== RESPONSE")
		if !found {
			t.Fatalf("%s: a request without a response", name)
		}
		x := captured{operation: "GetFolder"}
		x.method, _, _ = strings.Cut(strings.TrimPrefix(request, "> "), " ")
		if m := bodyStart.FindStringSubmatch(request); m != nil {
			x.operation = m[1]
		}
		if header, shown, found := strings.Cut(response, "\n"); found && strings.HasPrefix(header, " (curl") {
			x.answer = curled(shown)
		}
		for _, at := range blockHead.FindAllStringSubmatchIndex(response, -1) {
			size, _ := strconv.Atoi(response[at[2]:at[3]])
			x.answer = append(x.answer, response[at[1]:at[1]+size]...)
		}
		out = append(out, x)
	}
	return out
}

// curled returns the answer that curl showed: lines of the head begin with an arrow, remarks with an asterisk or a brace.
func curled(text string) []byte {
	var head, body strings.Builder
	size := 0
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r")
		switch field, isHead := strings.CutPrefix(line, "< "); {
		case isHead:
			head.WriteString(field + "\r\n")
			if length, found := strings.CutPrefix(field, "Content-Length: "); found {
				size, _ = strconv.Atoi(length)
			}
		case !strings.ContainsAny(line[:min(1, len(line))], "*>{}"):
			body.WriteString(line + "\r\n")
		}
	}
	return []byte(head.String() + body.String()[:min(size, body.Len())])
}

// responses returns the HTTP responses that came for one request: more than one behind some faults.
func (x captured) responses(t *testing.T) []*http.Response {
	t.Helper()
	var out []*http.Response
	for in := bufio.NewReader(bytes.NewReader(x.answer)); ; {
		if _, err := in.Peek(1); err != nil {
			return out
		}
		r, err := http.ReadResponse(in, &http.Request{Method: x.method})
		if err != nil {
			t.Fatalf("not HTTP: %v", err)
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = io.EOF
		}
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(err)))
		out = append(out, r)
	}
}

// clientOf returns a client for which r is the answer to everything.
func clientOf(r *http.Response) *Client {
	transport := roundTrip(func(*http.Request) (*http.Response, error) { return r, nil })
	return NewClient(Options{Calls: transport, Streams: transport})
}

// streams returns what the streams of a file brought and how they ended.
func streams(t *testing.T, name string) (envelopes [][]*Envelope, ends []string) {
	t.Helper()
	for _, x := range capture(t, name) {
		if x.operation != "GetStreamingEvents" || len(x.answer) == 0 {
			continue
		}
		got, end := x.stream(t, x.responses(t)[0])
		envelopes, ends = append(envelopes, got), append(ends, end)
	}
	return envelopes, ends
}

// stream reads a response as a stream.
func (x captured) stream(t *testing.T, r *http.Response) ([]*Envelope, string) {
	t.Helper()
	s, err := clientOf(r).GetStreamingEvents(t.Context(), Call{URL: someURL}, oneStream)
	if err != nil {
		return nil, code(err)
	}
	envelopes, err := readAll(s)
	return envelopes, code(err)
}

// anyAnswer is the answer to any operation of Exchange Web Services, as far as all are alike.
type anyAnswer struct {
	Messages struct {
		All []struct{ status } `xml:",any"`
	} `xml:"ResponseMessages"`
}

func (a *anyAnswer) empty() bool { return len(a.Messages.All) == 0 }

// verdict is the code of err, ok without one.
func verdict(err error) string {
	if err == nil {
		return "ok"
	}
	return code(err)
}

// outcome says shortly what the client makes of a response.
func (x captured) outcome(t *testing.T, r *http.Response) string {
	t.Helper()
	c := clientOf(r)
	switch x.operation {
	case "GetStreamingEvents":
		envelopes, end := x.stream(t, r)
		return strings.TrimSpace(outline(envelopes) + " " + end)
	case "Subscribe":
		_, err := c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe)
		return verdict(err)
	case "Unsubscribe":
		return verdict(c.Unsubscribe(t.Context(), Call{URL: someURL}, firstID))
	case "GetFolder":
		results, err := c.GetFolder(t.Context(), Call{URL: someURL}, GetFolderRequest{Folders: []FolderID{{Distinguished: "inbox"}}})
		if err == nil && results[0].Folder.ID.ID == "" {
			return code(results[0].Err)
		}
		return verdict(err)
	case "GetUserSettings":
		_, err := c.GetUserSettings(t.Context(), someURL, GetUserSettingsRequest{Users: []string{"a"}, Settings: []string{"b"}})
		return code(err)
	}
	var answer anyAnswer
	if _, err := c.do(t.Context(), request{op: x.operation, answer: x.operation + "Response", url: someURL}, &answer); err != nil {
		return code(err)
	}
	var codes []string
	for _, m := range answer.Messages.All {
		codes = append(codes, m.Class+" "+m.Code)
	}
	return strings.ReplaceAll(strings.Join(codes, "; "), "Success NoError", "ok")
}
