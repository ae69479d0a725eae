package ewssoap

import (
	"bufio"
	"bytes"
	"fmt"
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
	title     string
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
		return []captured{curled(text)}
	}
	var out []captured
	parts := strings.Split(text, "=== REQUEST\n")
	for i, part := range parts[1:] {
		request, response, found := strings.Cut(part, "=== RESPONSE")
		if !found {
			t.Fatalf("%s: a request without a response", name)
		}
		x := captured{operation: "GetFolder", title: parts[i][max(0, strings.LastIndex(parts[i], "=== ")):]}
		x.title = strings.TrimSpace(strings.TrimPrefix(x.title, "=== "))
		x.method, _, _ = strings.Cut(request, " ")
		if m := bodyStart.FindStringSubmatch(request); m != nil {
			x.operation = m[1]
		}
		for _, at := range blockHead.FindAllStringSubmatchIndex(response, -1) {
			size, _ := strconv.Atoi(response[at[2]:at[3]])
			x.answer = append(x.answer, response[at[1]:at[1]+size]...)
		}
		out = append(out, x)
	}
	return out
}

// curled reads what curl told of an exchange.
func curled(text string) captured {
	x := captured{title: "curl", method: http.MethodPost, operation: "GetFolder"}
	for _, line := range regexp.MustCompile(`(?m)^< ?(.*)$`).FindAllStringSubmatch(text, -1) {
		x.answer = append(x.answer, strings.TrimSpace(line[1])+"\r\n"...)
	}
	_, body, _ := strings.Cut(text, "left intact\n")
	x.answer = append(x.answer, strings.TrimSpace(body)+"\r\n"...)
	return x
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

// client returns a client for which r is the answer to everything.
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

// outcome says shortly what the client makes of a response.
func (x captured) outcome(t *testing.T, r *http.Response) string {
	t.Helper()
	c := clientOf(r)
	switch x.operation {
	case "GetStreamingEvents":
		envelopes, end := x.stream(t, r)
		return strings.TrimSpace(outline(envelopes) + " " + end)
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

// outline says shortly what messages hold: class, code, events, errors, status.
func outline(envelopes []*Envelope) string {
	var lines []string
	for _, e := range envelopes {
		for _, m := range e.Messages {
			line := m.ResponseClass
			if m.ResponseCode != "NoError" {
				line += " " + m.ResponseCode
			}
			for _, n := range m.Notifications {
				line += " ["
				for _, event := range n.Events {
					line += strings.TrimSuffix(string(event.Type), "Event") + " "
				}
				line = strings.TrimSpace(line) + "]"
				if n.MoreEvents {
					line += "+"
				}
			}
			if n := len(m.ErrorSubscriptionIDs); n > 0 {
				line += " bad=" + strconv.Itoa(n)
			}
			lines = append(lines, line+" "+m.ConnectionStatus)
		}
	}
	return strings.Join(lines, "; ")
}

func TestGromoxPrint(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(reference(t, "gromox-wire"), "*.txt"))
	for _, file := range files {
		name := filepath.Base(file)
		fmt.Printf("{%q, []string{\n", name)
		for _, x := range capture(t, name) {
			var have []string
			for _, r := range x.responses(t) {
				have = append(have, x.outcome(t, r))
			}
			fmt.Printf("\t%q, // %s\n", strings.Join(have, " | "), x.title)
		}
		fmt.Printf("}},\n")
	}
}

// TestGromoxEveryStream: every captured stream decodes; it ends as the capture did.
func TestGromoxEveryStream(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(reference(t, "gromox-wire"), "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	streamed, events := 0, 0
	for _, file := range files {
		envelopes, ends := streams(t, filepath.Base(file))
		for i, end := range ends {
			switch end {
			case "EOF", ConditionEOF:
			case "Client", "Server", "ErrorInvalidSubscription": // faults of capture 06 and 24
				continue
			default:
				t.Errorf("%s: a stream ended with %s", filepath.Base(file), end)
			}
			if len(envelopes[i]) == 0 {
				t.Errorf("%s: a stream without an envelope", filepath.Base(file))
			}
			streamed++
			for _, e := range envelopes[i] {
				events += check(t, e)
			}
		}
	}
	if streamed < 20 || events < 150 {
		t.Errorf("only %d streams with %d events", streamed, events)
	}
}

// check looks at what every event of a captured stream has, and counts them.
func check(t *testing.T, e *Envelope) (count int) {
	t.Helper()
	for _, m := range e.Messages {
		for _, n := range m.Notifications {
			for _, event := range n.Events {
				count++
				if event.Type == StatusEvent {
					continue
				}
				if event.TimeStamp.IsZero() || (event.ItemID.ID == "") == (event.FolderID.ID == "") || event.ParentFolderID.ID == "" || n.SubscriptionID == "" {
					t.Errorf("have %+v of %q", event, n.SubscriptionID)
				}
				if moved := event.Type == MovedEvent || event.Type == CopiedEvent; moved != (event.OldParentFolderID.ID != "") {
					t.Errorf("have %+v", event)
				}
			}
		}
	}
	return count
}

// TestGromoxTruncated: every captured stream cut anywhere ends in order, and never with Closed taken for granted.
func TestGromoxTruncated(t *testing.T) {
	x := capture(t, "04-stream-timeout1-events.txt")[0]
	for cut := bytes.Index(x.answer, []byte("\r\n\r\n")) + 4; cut < len(x.answer)-1; cut += 7 {
		short := captured{answer: x.answer[:cut]}
		switch _, end := short.stream(t, short.responses(t)[0]); end {
		case ConditionEOF, ConditionTruncated:
		case ConditionReset: // the transport's word for an end inside the trailer
			if cut < len(x.answer)-len("0\r\n\r\n") {
				t.Fatalf("cut at %d: have %s", cut, end)
			}
		default:
			t.Fatalf("cut at %d: have %s", cut, end)
		}
	}
}
