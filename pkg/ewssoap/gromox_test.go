package ewssoap

import (
	"bytes"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
				var events []string
				for _, event := range n.Events {
					events = append(events, strings.TrimSuffix(string(event.Type), "Event"))
				}
				line += " [" + runs(events, " ") + "]"
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
	return runs(lines, "; ")
}

// runs joins words, equal neighbours as one with their number.
func runs(words []string, separator string) string {
	var out []string
	for i, n := 0, 0; i < len(words); i += n {
		for n = 1; i+n < len(words) && words[i+n] == words[i]; n++ {
		}
		if out = append(out, words[i]); n > 1 {
			out[len(out)-1] = strconv.Itoa(n) + "*" + words[i]
		}
	}
	return strings.Join(out, separator)
}

// gromoxFiles says what the client makes of every capture, request by request; several answers to one request are divided
// by a bar: what stands behind the first is what a careless client would take for the next answer.
var gromoxFiles = []struct {
	file string
	want []string
}{
	{"01-unauth.txt", []string{"HTTP 401"}},
	{"01b-badpw.txt", []string{"HTTP 401"}},
	{"02-getfolder-inbox.txt", []string{"ok"}},
	{"03-subscribe.txt", []string{"ok"}},
	{"04-stream-timeout1-events.txt", []string{"Success OK; Success [Status] OK; Success [Status] Closed; Success Closed EOF"}},
	{"05-stream-events.txt", []string{"Success OK; Success [Created Modified NewMail] OK eof"}},
	{"06-errors.txt", []string{
		"Client | not-soap", "Client | not-soap", "Error ErrorInvalidSubscription bad=1 Closed eof", "Error ErrorInvalidSubscription bad=1 Closed eof",
		"Error ErrorInvalidSubscription bad=1 Closed eof", "Success OK eof", "Success OK eof", "Success OK eof", "Client | not-soap", "Client | not-soap",
		"ErrorSubscriptionNotFound", "ok", "ErrorSubscriptionNotFound", "Client", "Error ErrorInvalidSubscription bad=1 Closed eof", "ok",
		"ErrorInvalidId", "Server", "ok", "ok", "ok", "Client", "ok", "ok", "ok", "ErrorCannotFindUser | not-soap", "Server | not-soap", "HTTP 400",
		"Server", "HTTP 405", "HTTP 401",
	}},
	{"10-stream-bad-id.txt", []string{"2*Error ErrorInvalidSubscription bad=1 Closed; Success Closed EOF"}},
	{"11-stream-good-plus-bad.txt", []string{"Error ErrorInvalidSubscription bad=1 Closed; Error ErrorInvalidSubscription [Created Modified NewMail] bad=1 OK; Success [Status] OK; Success [Status] Closed; Success Closed EOF"}},
	{"12-stream-stolen-first.txt", []string{"Success OK; Success Closed EOF"}},
	{"12-stream-stolen-second.txt", []string{"Success OK; Success [Created Modified NewMail] OK; Success [Status] OK eof"}},
	{"13-unsubscribe-while-streaming.txt", []string{"Success OK; Success Closed EOF"}},
	{"14-timeout0.txt", []string{"Success OK; Success [Status] Closed; Success Closed EOF"}},
	{"15-reconnect-buffered.txt", []string{
		"Success OK eof", "Success OK; Success [Created Modified NewMail Created Modified NewMail] OK eof",
	}},
	{"16-50plus-events.txt", []string{"Success OK; 2*Success [50*Created]+ OK; Success [20*Created] OK; Success [Status] OK eof"}},
	{"17-expired.txt", []string{
		"ok", "Success OK eof", "Error ErrorInvalidSubscription bad=1 Closed eof",
	}},
	{"20-operations-stream-all.txt", []string{"Success OK; Success [Created Modified] OK; Success [6*Modified Copied Modified] OK; Success [Moved 2*Modified Deleted Modified] OK; Success [Created Modified Created Modified NewMail Moved 2*Modified Created Modified] OK; Success [Deleted] OK eof"}},
	{"20-operations-stream-inbox.txt", []string{"Success OK; Success [Created Modified] OK; Success [3*Modified] OK; Success [Modified] OK; Success [Created Modified NewMail Modified Created Modified] OK; Success [Deleted] OK eof"}},
	{"20-operations.txt", []string{
		"ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok",
	}},
	{"21-impersonation-grouped-stream.txt", []string{"Error ErrorInvalidSubscription bad=1 Closed; Error ErrorInvalidSubscription [Created Modified NewMail] bad=1 OK; Success [Status] OK; Success [Status] Closed; Success Closed EOF"}},
	{"21-impersonation-single-stream.txt", []string{"Success OK; Success [Created Modified NewMail] OK eof"}},
	{"21-impersonation.txt", []string{
		"ok", "ErrorImpersonateUserDenied", "ErrorCannotFindUser", "ok", "ok", "ErrorImpersonationFailed", "ok", "ok", "ok", "ok",
		"Error ErrorInvalidSubscription bad=1 Closed eof", "ErrorSubscriptionNotFound", "ok", "ok", "ok", "ok", "ErrorInvalidSubscriptionRequest",
	}},
	{"22-syncfolderitems.txt", []string{
		"ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "Error ErrorAccessDenied",
	}},
	{"23-autodiscover.txt", []string{
		"HTTP 404", "not-soap", "not-soap", "not-soap", "HTTP 401", "not-soap", "not-soap", "not-soap", "not-soap",
	}},
	{"24-http-layer.txt", []string{
		"ok | ok", "Client | not-soap", "Client | not-soap | not-soap", "ok", "ok", "ok", "ok", "HTTP 400", "ok", "HTTP 401", "HTTP 401", "ok", "HTTP 401",
	}},
	{"25-hard-delete-inbox-stream.txt", []string{"Success OK; Success [2*Modified Created Modified NewMail] OK eof"}},
	{"26-foreign-folder-subscription-stream.txt", []string{"Success OK; Success [Created Modified NewMail] [Created Modified NewMail] [Status] OK eof"}},
	{"27-server-restart.txt", []string{
		"Success OK eof", "Error ErrorInvalidSubscription bad=1 Closed eof", "Success OK; Success [Created Modified NewMail] OK eof",
	}},
	{"28-backlog-overflow.txt", []string{"Success OK; Error ErrorInvalidSubscription bad=1 Closed; Success Closed EOF"}},
	{"29-fast-profile.txt", []string{"Success OK; Success [Created Modified NewMail] OK; 19*Success [Status] OK; Success [Status] Closed; Success Closed EOF"}},
	{"30-getitem.txt", []string{
		"ok", "ok; Error ErrorItemNotFound",
	}},
	{"31-move-and-copy-into-inbox-stream.txt", []string{"Success OK; 2*Success [Modified] OK; Success [2*Modified] OK eof"}},
}

// TestGromoxFiles: every capture there is.
func TestGromoxFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(reference(t, "gromox-wire"), "*.txt"))
	if err != nil || len(files) != len(gromoxFiles) {
		t.Errorf("%d captures, %d known: %v", len(files), len(gromoxFiles), err)
	}
	for _, test := range gromoxFiles {
		t.Run(test.file, func(t *testing.T) {
			var have []string
			for _, x := range capture(t, test.file) {
				var answers []string
				for _, r := range x.responses(t) {
					answers = append(answers, x.outcome(t, r))
				}
				have = append(have, strings.Join(answers, " | "))
			}
			if diff := cmp.Diff(test.want, have); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}

// TestGromoxPlain: all envelopes of the captured streams are plain, but the faults.
func TestGromoxPlain(t *testing.T) {
	total := 0
	for _, test := range gromoxFiles {
		for _, x := range capture(t, test.file) {
			for _, r := range x.responses(t) {
				body, _ := io.ReadAll(r.Body)
				for _, envelope := range strings.SplitAfter(string(body), "</SOAP:Envelope>") {
					if !strings.HasSuffix(envelope, "</m:GetStreamingEventsResponse></SOAP:Body></SOAP:Envelope>") {
						continue
					}
					if total++; !scanned(envelope) {
						t.Errorf("%s: not taken by the scanner: %s", test.file, envelope)
					}
				}
			}
		}
	}
	if total < 90 {
		t.Errorf("only %d envelopes", total)
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
