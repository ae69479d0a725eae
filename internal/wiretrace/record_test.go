package wiretrace

import (
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// subscribed is an exchange that went well.
func subscribed(label string) ewssoap.Exchange {
	return ewssoap.Exchange{
		Op: "Subscribe", Label: label, Method: "POST", URL: "https://mail.contoso.com/EWS/Exchange.asmx",
		RequestHeader: http.Header{"Authorization": {"Basic REDACTED"}, "X-Anchormailbox": {"anna@contoso.com"}},
		RequestBody:   []byte("<?xml version=\"1.0\"?>\n<s:Envelope/>\n"),
		Status:        200,
		ResponseHeader: http.Header{"Request-Id": {"b8c1"}, "X-Feserver": {"EX01", "EX02"}, "X-Calculatedbetarget": {"ex03.contoso.com"},
			"Set-Cookie": {"exchangecookie=REDACTED; path=/", "X-BackEndOverrideCookie=REDACTED"}},
		ResponseBody: []byte("<s:Envelope>\r\n=== \x1b[2Jno record\xff</s:Envelope>"),
		Started:      noon, Connected: noon.Add(500 * time.Microsecond), FirstByte: noon.Add(35 * time.Millisecond),
		Received: noon.Add(36 * time.Millisecond), Finished: noon.Add(40 * time.Millisecond),
		Remote: "10.0.0.1:443", ClientRequestID: "5a3b", RequestID: "b8c1",
	}
}

func TestRecord(t *testing.T) {
	envelope := subscribed("a-1")
	envelope.Op, envelope.Envelope, envelope.RequestBody, envelope.ResponseBody = "GetStreamingEvents", 3, nil, []byte("<s:Envelope/>")
	refused := ewssoap.Exchange{Op: "GetFolder", Label: "anna@contoso.com", Method: "POST", URL: "https://mail.contoso.com/EWS/Exchange.asmx",
		Started: noon, Finished: noon.Add(time.Second), ClientRequestID: "5a3b", Err: errors.New("connection\nrefused")}
	login := subscribed("a-1 anna@contoso.com")
	login.Login, login.Status, login.RequestBody, login.ResponseBody = true, 401, nil, nil
	for name, x := range map[string]ewssoap.Exchange{"call": subscribed("a-1 anna@contoso.com"), "login": login, "envelope": envelope, "refused": refused} {
		t.Run(name, func(t *testing.T) {
			have := record(x, 1<<20)
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, have, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(have)); diff != "" {
				t.Errorf("want -, have +\n%s", diff)
			}
		})
	}
}

func TestALongRecordIsCut(t *testing.T) {
	x := subscribed("a-1")
	x.ResponseBody = []byte(strings.Repeat("x", 10000))
	have := record(x, 2000)
	if len(have) != 2000 || !strings.HasSuffix(string(have), cutMark) {
		t.Errorf("have %d bytes that end with %q", len(have), have[len(have)-60:])
	}
}
