package ewssoap

import (
	"bufio"
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// An exchange with gromox, an independent server, as it was captured.
type captured struct {
	operation string // of the request's Body
	answer    []byte // all bytes the server sent for it
}

var (
	blockHead = regexp.MustCompile(`(?m)^--- \[[0-9.]+s\] ([0-9]+) bytes:[ \n]`)
	bodyStart = regexp.MustCompile(`<soap:Body><m:([A-Za-z]+)`)
)

// capture reads a file of captured exchanges.
func capture(t *testing.T, name string) []captured {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(reference(t, "gromox-wire"), name))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "<CRLF>\n", "\r\n")
	var out []captured
	for _, part := range strings.Split(text, "=== REQUEST\n")[1:] {
		request, response, found := strings.Cut(part, "=== RESPONSE")
		if !found {
			t.Fatalf("%s: a request without a response", name)
		}
		var x captured
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

// client returns a client for which the captured answer is the answer to everything.
func (x captured) client(t *testing.T) *Client {
	t.Helper()
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		return http.ReadResponse(bufio.NewReader(bytes.NewReader(x.answer)), r)
	})
	return NewClient(Options{Calls: transport, Streams: transport})
}

// streams returns what the streams of a file brought and how they ended.
func streams(t *testing.T, name string) (envelopes [][]*Envelope, ends []string) {
	t.Helper()
	for _, x := range capture(t, name) {
		if x.operation != "GetStreamingEvents" || len(x.answer) == 0 {
			continue
		}
		s, err := x.client(t).GetStreamingEvents(t.Context(), Call{URL: someURL}, oneStream)
		if err != nil {
			envelopes, ends = append(envelopes, nil), append(ends, code(err))
			continue
		}
		got, err := readAll(s)
		envelopes, ends = append(envelopes, got), append(ends, code(err))
	}
	return envelopes, ends
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

func TestGromoxStreams(t *testing.T) {
	created := func(n int) string { return "[" + strings.TrimSpace(strings.Repeat("Created ", n)) + "]" }
	tests := []struct {
		file string
		want []string // of each stream: outline, then how it ended
	}{
		{"04-stream-timeout1-events.txt", []string{"Success OK; Success [Status] OK; Success [Status] Closed; Success Closed", "EOF"}},
		{"05-stream-events.txt", []string{"Success OK; Success [Created Modified NewMail] OK", ConditionEOF}},
		{"10-stream-bad-id.txt", []string{"Error ErrorInvalidSubscription bad=1 Closed; Error ErrorInvalidSubscription bad=1 Closed; Success Closed", "EOF"}},
		{"11-stream-good-plus-bad.txt", []string{
			"Error ErrorInvalidSubscription bad=1 Closed; Error ErrorInvalidSubscription [Created Modified NewMail] bad=1 OK; " +
				"Success [Status] OK; Success [Status] Closed; Success Closed", "EOF",
		}},
		{"12-stream-stolen-first.txt", []string{"Success OK; Success Closed", "EOF"}},
		{"13-unsubscribe-while-streaming.txt", []string{"Success OK; Success Closed", "EOF"}},
		{"14-timeout0.txt", []string{"Success OK; Success [Status] Closed; Success Closed", "EOF"}},
		{"16-50plus-events.txt", []string{
			"Success OK; Success " + created(50) + "+ OK; Success " + created(50) + "+ OK; Success " + created(20) + " OK; Success [Status] OK", ConditionEOF,
		}},
		{"28-backlog-overflow.txt", []string{"Success OK; Error ErrorInvalidSubscription bad=1 Closed; Success Closed", "EOF"}},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			envelopes, ends := streams(t, test.file)
			var have []string
			for i := range ends {
				have = append(have, outline(envelopes[i]), ends[i])
			}
			if strings.Join(have, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("have %q\nwant %q", have, test.want)
			}
		})
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

// TestGromoxCalls: the captured answers to ordinary calls, in the order of the file.
func TestGromoxCalls(t *testing.T) {
	var have []string
	for _, x := range capture(t, "06-errors.txt") {
		c, call := x.client(t), Call{URL: someURL}
		switch x.operation {
		case "Subscribe":
			_, err := c.Subscribe(t.Context(), call, oneSubscribe)
			have = append(have, "S "+code(err))
		case "Unsubscribe":
			have = append(have, "U "+code(c.Unsubscribe(t.Context(), call, firstID)))
		}
	}
	want := []string{
		"U ErrorSubscriptionNotFound", // of another user
		"U ",
		"U ErrorSubscriptionNotFound", // the second time
		"U Client",                    // a malformed id
		"S ",                          // an unknown folder
		"S ErrorInvalidId",
		"S Server", // an unknown distinguished folder
		"S ",       // no folders
		"S ",       // no event types
		"S ",
		"S Client", // a bogus event type
		"S ", "S ", "S ",
		"S ErrorCannotFindUser",
		"S HTTP 401",
	}
	if strings.Join(have, "|") != strings.Join(want, "|") {
		t.Errorf("have %q\nwant %q", have, want)
	}
	for _, x := range capture(t, "24-http-layer.txt") {
		if x.operation != "GetFolder" || !bytes.HasPrefix(x.answer, []byte("HTTP/1.1 200")) {
			continue
		}
		results, err := x.client(t).GetFolder(t.Context(), Call{URL: someURL}, GetFolderRequest{Folders: []FolderID{{Distinguished: "inbox"}}})
		if err != nil || results[0].Folder.ID.ID == "" {
			t.Errorf("have %+v, %v", results, err)
		}
	}
}

// TestGromoxTruncated: every captured stream cut anywhere ends in order, and never with Closed taken for granted.
func TestGromoxTruncated(t *testing.T) {
	x := capture(t, "04-stream-timeout1-events.txt")[0]
	for cut := bytes.Index(x.answer, []byte("\r\n\r\n")) + 4; cut < len(x.answer)-1; cut += 7 {
		short := captured{answer: x.answer[:cut]}
		s, err := short.client(t).GetStreamingEvents(t.Context(), Call{URL: someURL}, oneStream)
		if err != nil {
			t.Fatal(err)
		}
		switch _, err := readAll(s); code(err) {
		case ConditionEOF, ConditionTruncated:
		case ConditionReset: // the transport's word for an end inside the trailer
			if cut < len(x.answer)-len("0\r\n\r\n") {
				t.Fatalf("cut at %d: have %v", cut, err)
			}
		default:
			t.Fatalf("cut at %d: have %v", cut, err)
		}
	}
}
