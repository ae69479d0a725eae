package ewssoap

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestVersionChoice(t *testing.T) {
	type step struct {
		sent string // empty: what is current
		why  refusal
		want string // empty: nothing left
	}
	const (
		new10, sp2, new13, sp1, new16 = "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2016"
	)
	tests := []struct {
		name, wanted string
		steps        []step
	}{
		{"down to the end", sp1, []step{{"", refusalTooNew, new13}, {"", refusalTooNew, sp2}, {"", refusalTooNew, new10}, {"", refusalTooNew, ""}, {"", refusalTooNew, ""}}},
		{"up to the end", new13, []step{{"", refusalTooOld, sp1}, {"", refusalTooOld, new16}, {"", refusalTooOld, ""}}},
		{"down, then not up again", sp1, []step{{"", refusalTooNew, new13}, {"", refusalTooOld, ""}}},
		{"up, then not down again", new13, []step{{"", refusalTooOld, sp1}, {"", refusalTooNew, ""}}},
		{"late refusals change nothing", new16, []step{{"", refusalTooNew, sp1}, {new16, refusalTooNew, sp1}, {"", refusalTooNew, new13}, {new16, refusalTooNew, new13}}},
		{"newer than the ladder", "V2016_10_10", []step{{"", refusalTooNew, new16}, {"", refusalTooNew, sp1}}},
		{"never sent", sp1, []step{{"Exchange2007", refusalTooNew, ""}}},
		{"no refusal", sp1, []step{{"", refusalNone, ""}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := newVersionChoice(test.wanted, stamp)
			for i, s := range test.steps {
				if s.sent == "" {
					s.sent = v.version()
				}
				next, more := v.after(s.sent, s.why)
				if more != (s.want != "") || more && next.version() != s.want {
					t.Fatalf("step %d: have %s, %v, want %q", i+1, next.version(), more, s.want)
				}
				v = next
			}
		})
	}
	v := newVersionChoice(sp1, stamp)
	if v.expired(stamp.Add(VersionMemory-1)) || !v.expired(stamp.Add(VersionMemory)) {
		t.Error("a choice does not last as long as documented")
	}
}

// TestVersionsAreOfTheSchema: what is sent must be in ExchangeVersionType.
func TestVersionsAreOfTheSchema(t *testing.T) {
	types, err := os.ReadFile(filepath.Join(reference(t, "xsd"), "types.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range append([]string{DefaultVersion}, versionLadder...) {
		if !strings.Contains(string(types), `<xs:enumeration value="`+version+`" />`) {
			t.Errorf("the schema has no %s", version)
		}
	}
}

// versioned is a server that takes some versions. It notes what versions it was sent.
type versioned struct {
	takes  []string
	refuse func(version string) *http.Response
	mu     sync.Mutex
	sent   []string
}

var sentVersion = regexp.MustCompile(`<t:RequestServerVersion Version="([^"]*)"/>`)

func (s *versioned) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	version := string(sentVersion.FindSubmatch(body)[1])
	s.mu.Lock()
	s.sent = append(s.sent, version)
	s.mu.Unlock()
	if !slices.Contains(s.takes, version) {
		return s.refuse(version), nil
	}
	answer := heartbeat + goodbye
	if name := regexp.MustCompile(`<m:(Subscribe|GetFolder)>`).FindStringSubmatch(string(body)); name != nil {
		answer = replying(name[1], `ResponseClass="Success"><ResponseCode>NoError</ResponseCode><SubscriptionId>1</SubscriptionId><Folders><Folder><FolderId Id="A"/></Folder></Folders>`)
	}
	return answering(200, nil, func() io.Reader { return strings.NewReader(answer) })(r)
}

// replying is the answer to an operation with one response message.
func replying(operation, rest string) string {
	return fmt.Sprintf(`<Envelope><Body><%[1]sResponse><ResponseMessages><%[1]sResponseMessage %[2]s</%[1]sResponseMessage></ResponseMessages></%[1]sResponse></Body></Envelope>`, operation, rest)
}

func refusing(status int, body string) func(string) *http.Response {
	return func(string) *http.Response {
		answer, _ := answering(status, nil, func() io.Reader { return strings.NewReader(body) })(nil)
		return answer
	}
}

// withCode is a fault as Exchange writes it, in another language.
func withCode(code string) string {
	return `<s:Envelope xmlns:s="S"><s:Body><s:Fault><faultcode>a:` + code + `</faultcode><faultstring xml:lang="de-DE">Nein.</faultstring>` +
		`<detail><e:ResponseCode xmlns:e="E">` + code + `</e:ResponseCode></detail></s:Fault></s:Body></s:Envelope>`
}

// TestVersionSteps: in which versions one Subscribe, one stream and one more Subscribe are sent.
func TestVersionSteps(t *testing.T) {
	const worded = `<s:Envelope xmlns:s="S"><s:Body><s:Fault><faultcode>soap11:Client</faultcode><faultstring>The specified server version is invalid.</faultstring></s:Fault></s:Body></s:Envelope>`
	unknown := refusing(500, withCode("ErrorInvalidServerVersion"))
	tests := []struct {
		name    string
		options Options
		takes   string
		refuse  func(string) *http.Response
		want    string // versions sent, until the first that is taken
		code    string
	}{
		{"taken", Options{}, "Exchange2013_SP1", nil, "Exchange2013_SP1", ""},
		{"2013 before its service pack", Options{}, "Exchange2013", unknown, "Exchange2013_SP1 Exchange2013", ""},
		{"2010", Options{}, "Exchange2010_SP1", unknown, "Exchange2013_SP1 Exchange2013 Exchange2010_SP2 Exchange2010_SP1", ""},
		{"in words", Options{}, "Exchange2013", refusing(500, worded), "Exchange2013_SP1 Exchange2013", ""},
		{"the mailbox's server", Options{}, "Exchange2013", refusing(500, withCode("ErrorInvalidSchemaVersionForMailboxVersion")), "Exchange2013_SP1 Exchange2013", ""},
		{"too old", Options{}, "Exchange2016", refusing(500, withCode("ErrorIncorrectSchemaVersion")), "Exchange2013_SP1 Exchange2016", ""},
		{"fixed", Options{Version: "Exchange2016", FixedVersion: true}, "Exchange2013", unknown, "Exchange2016", "ErrorInvalidServerVersion"},
		{"none is taken", Options{Version: "Exchange2010_SP2"}, "", unknown, "Exchange2010_SP2 Exchange2010_SP1", "ErrorInvalidServerVersion"},
		{"another error", Options{}, "", refusing(500, withCode("ErrorServerBusy")), "Exchange2013_SP1", "ErrorServerBusy"},
		{"words at another status", Options{}, "", refusing(503, worded), "Exchange2013_SP1", "Client"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := &versioned{takes: []string{test.takes}, refuse: test.refuse}
			test.options.Calls, test.options.Streams = server, server
			c, call := NewClient(test.options), Call{URL: someURL}
			_, err := c.Subscribe(t.Context(), call, oneSubscribe)
			if have := strings.Join(server.sent, " "); have != test.want || code(err) != test.code {
				t.Fatalf("have %s, %v, want %s, %q", have, err, test.want, test.code)
			}
			if err != nil {
				return
			}
			steps := len(server.sent)
			s, err := c.GetStreamingEvents(t.Context(), call, oneStream)
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
			if later := server.sent[steps:]; len(later) != 1 || later[0] != test.takes {
				t.Errorf("later it sent %v, want %s at once", later, test.takes)
			}
		})
	}
}

// TestVersionOfAMessage: a refusal may come as a response message, and only that of the whole call counts.
func TestVersionOfAMessage(t *testing.T) {
	refused := replying("GetFolder", `ResponseClass="Error"><ResponseCode>ErrorInvalidServerVersion</ResponseCode>`)
	server := &versioned{takes: []string{"Exchange2013"}, refuse: refusing(200, refused)}
	c := NewClient(Options{Calls: server})
	results, err := c.GetFolder(t.Context(), Call{URL: someURL}, GetFolderRequest{Folders: []FolderID{inbox}})
	if err != nil || len(results) != 1 || results[0].Folder.ID.ID != "A" || len(server.sent) != 2 {
		t.Errorf("have %+v, %v after %v", results, err, server.sent)
	}
}

// TestVersionOfAStream: a stream takes the step by itself where it comes first.
func TestVersionOfAStream(t *testing.T) {
	server := &versioned{takes: []string{"Exchange2013"}, refuse: refusing(500, withCode("ErrorInvalidServerVersion"))}
	s := open(t, t.Context(), NewClient(Options{Streams: server}), oneStream)
	if e, err := s.Next(); err != nil || len(server.sent) != 2 {
		t.Errorf("have %v, %v after %v", e, err, server.sent)
	}
}

// TestVersionMemory: what an endpoint takes is remembered for it alone, and for a while.
func TestVersionMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &versioned{takes: []string{"Exchange2013"}, refuse: refusing(500, withCode("ErrorInvalidServerVersion"))}
		c := NewClient(Options{Calls: server})
		sends := func(url string, want ...string) {
			t.Helper()
			server.sent = nil
			if _, err := c.Subscribe(t.Context(), Call{URL: url}, oneSubscribe); err != nil || !slices.Equal(server.sent, want) {
				t.Errorf("have %v, %v, want %v", server.sent, err, want)
			}
		}
		sends(someURL, "Exchange2013_SP1", "Exchange2013")
		sends(someURL+"/other", "Exchange2013_SP1", "Exchange2013")
		time.Sleep(VersionMemory - time.Second)
		sends(someURL, "Exchange2013")
		server.takes = []string{"Exchange2013", "Exchange2013_SP1"}
		time.Sleep(time.Second)
		sends(someURL, "Exchange2013_SP1")
	})
}

// TestVersionsTogether: many calls that are refused at once settle on one version.
func TestVersionsTogether(t *testing.T) {
	server := &versioned{takes: []string{"Exchange2010_SP1"}, refuse: refusing(500, withCode("ErrorInvalidServerVersion"))}
	c := NewClient(Options{Calls: server})
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if _, err := c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if n := len(server.sent); n > 20*4 {
		t.Errorf("%d requests for 20 calls", n)
	}
}

// TestEndpointsAreBounded: what is remembered of endpoints does not grow for ever.
func TestEndpointsAreBounded(t *testing.T) {
	m := endpoints{wanted: DefaultVersion}
	for i := range maxEndpoints * 2 {
		m.refused(fmt.Sprint(i), DefaultVersion, refusalTooNew)
	}
	if n := len(m.known); n > maxEndpoints {
		t.Errorf("%d endpoints", n)
	}
}
