package ewssoap

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// inSteps reads r in pieces whose lengths repeat those given.
type inSteps struct {
	r     io.Reader
	steps []byte
	n     int
}

func (s *inSteps) Read(p []byte) (int, error) {
	if len(s.steps) == 0 {
		return s.r.Read(p)
	}
	step := int(s.steps[s.n%len(s.steps)])%64 + 1
	s.n++
	return s.r.Read(p[:min(step, len(p))])
}

func seeds(f *testing.F, pattern string) []string {
	f.Helper()
	names, err := filepath.Glob("testdata/wire/" + pattern)
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	var out []string
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

// streamSeeds are streams of every kind, and envelopes that are almost plain.
func streamSeeds(f *testing.F) []string {
	full := exchangeEnvelope(0, 2, 3)
	return append(seeds(f, "getstreamingevents/*.res.xml"), heartbeat+goodbye, invalidID, otherAnswer, "\ufeff"+heartbeat[:99], full,
		strings.ReplaceAll(full, `"`, `'`), strings.ReplaceAll(full, "<t:", "\r\n<t:"), strings.Replace(full, "NoError", "&#x4e;&amp;&#1;\x02\xff<![CDATA[&#1;]]><!-- c -->", 1),
		`<?xml version="1.1" encoding="utf-8"?>`+heartbeat, strings.Replace(heartbeat, "<m:ConnectionStatus>", nested(maxDepth-5)+"<m:ConnectionStatus>", 1))
}

// FuzzStream: whatever comes, Next does not panic, ends, and finds the same whatever the framing, for the first envelope
// and for later ones.
func FuzzStream(f *testing.F) {
	for _, seed := range streamSeeds(f) {
		f.Add(seed, []byte{})
		f.Add(seed, []byte{1, 0, 17})
	}
	f.Fuzz(func(t *testing.T, body string, steps []byte) {
		o := Options{MaxEnvelope: 1 << 16}
		pieces := func() io.Reader {
			return &inSteps{r: iotest.DataErrReader(strings.NewReader(body)), steps: steps}
		}
		want, wantErr := readAll(streamOf(t, strings.NewReader(body), o))
		have, haveErr := readAll(streamOf(t, pieces(), o))
		if code(wantErr) != code(haveErr) || !reflect.DeepEqual(want, have) {
			t.Errorf("in one piece: %d envelopes, %v; in steps %v: %d, %v", len(want), wantErr, steps, len(have), haveErr)
		}
		again, err := readAll(streamOf(t, strings.NewReader(heartbeat+body), o))
		if len(again) != len(want)+1 {
			t.Errorf("behind a heartbeat: %d envelopes, %v; alone %d, %v", len(again), err, len(want), wantErr)
		}
		if diff := cmp.Diff(outcomeOf(t, strings.NewReader(body), o, false), outcomeOf(t, pieces(), o, false)); diff != "" {
			t.Errorf("behind a heartbeat (-in one piece +in steps %v):\n%s", steps, diff)
		}
	})
}

// FuzzScanner: the scanner and encoding/xml find the same in the same bytes, and leave the same bytes behind.
func FuzzScanner(f *testing.F) {
	for _, seed := range streamSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		o := Options{MaxEnvelope: 1 << 16}
		if diff := cmp.Diff(outcomeOf(t, strings.NewReader(body), o, true), outcomeOf(t, strings.NewReader(body), o, false)); diff != "" {
			t.Errorf("(-encoding/xml +scanner):\n%s", diff)
		}
	})
}

// fragments are what envelopes are made of, and what breaks them.
var fragments = []string{
	`<t:CreatedEvent>`, `</t:CreatedEvent>`, `<t:StatusEvent/>`, `<MovedEvent a='"' >`, `</MovedEvent >`, `<t:TimeStamp>2026-11-21T01:00:05Z</t:TimeStamp>`,
	`<t:ItemId Id="a" ChangeKey="b"/>`, `<t:ItemId x:Id='c'></t:ItemId>`, `<t:OldItemId Id="` + strings.Repeat("i", 20) + `"`, ` ChangeKey="k"`, `/>`, ` >`, `<t:ParentFolderId xmlns:Id="n" Id="p"/>`,
	`<m:Notification>`, `</m:Notification>`, `<t:SubscriptionId> s </t:SubscriptionId>`, `<MoreEvents>true</MoreEvents>`, `</m:Notifications>`, `<m:Notifications>`, `<UnreadCount>`, `</UnreadCount>`, `7`,
	"<ResponseCode>No\rError</ResponseCode>", `<m:ErrorSubscriptionIds><SubscriptionId>e</SubscriptionId></m:ErrorSubscriptionIds>`, `<m:ConnectionStatus>OK</m:ConnectionStatus>`,
	`<x>`, `</x>`, `<x y="1"y='2'/>`, "\r\n ", "\t", `&amp;`, `&#x1A;`, `&#65;`, "\x00", "\xff", "ä", `<!-- -->`, `<![CDATA[x]]>`, `]]>`, `<?p?>`, `>`, `<`, `"`, `'`, `=`, `:`, "a=\"\n\"", `</`,
	`<m:MessageXml><t:Value Name="BackOffMilliseconds">9</t:Value></m:MessageXml>`, `<m:GetStreamingEventsResponseMessage ResponseClass="Error">`, `</m:GetStreamingEventsResponseMessage>`, `</soap11:Body>`, heartbeat,
}

// FuzzFragments is FuzzScanner for envelopes that are nearly right: the bytes choose what stands in a notification.
func FuzzFragments(f *testing.F) {
	f.Add([]byte{0, 5, 6, 12, 1, 2})
	f.Add([]byte{15, 16, 3, 8, 9, 10, 4, 14, 17, 23, 24})
	f.Add([]byte{0, 7, 35, 1, 36, 37, 19, 21, 20})
	head, tail, _ := strings.Cut(enveloped(message(`<m:Notifications><m:Notification>|</m:Notification></m:Notifications>`)), "|")
	f.Fuzz(func(t *testing.T, choices []byte) {
		body := head
		for _, c := range choices[:min(len(choices), 40)] {
			body += fragments[int(c)%len(fragments)]
		}
		body += tail + goodbye
		if diff := cmp.Diff(outcomeOf(t, strings.NewReader(body), Options{}, true), outcomeOf(t, strings.NewReader(body), Options{}, false)); diff != "" {
			t.Errorf("%s\n(-encoding/xml +scanner):\n%s", body, diff)
		}
	})
}

// FuzzFault: whatever a fault holds, a call and a stream make the same *Error of it, with a code.
func FuzzFault(f *testing.F) {
	for _, seed := range append(seeds(f, "*/*-fault.res.xml"), innerFault, otherFault) {
		_, inner, _ := strings.Cut(seed, "Fault>")
		inner, _, _ = strings.Cut(inner, "Fault>")
		inner = inner[:strings.LastIndex(inner, "</")]
		f.Add(inner, 200)
		f.Add(inner, 500)
	}
	f.Fuzz(func(t *testing.T, inner string, status int) {
		body := `<s:Envelope xmlns:s="S"><s:Body><s:Fault>` + inner + `</s:Fault></s:Body></s:Envelope>`
		transport := answering(status, http.Header{}, func() io.Reader { return strings.NewReader(body) })
		c := NewClient(Options{Calls: transport, Streams: transport})
		_, asCall := c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe)
		s, asStream := c.GetStreamingEvents(t.Context(), Call{URL: someURL}, oneStream)
		if asStream == nil {
			_, asStream = s.Next()
		}
		var call, stream *Error
		if !errors.As(asCall, &call) || !errors.As(asStream, &stream) || call.Code == "" || call.Error() == "" {
			t.Fatalf("have %#v and %#v", asCall, asStream)
		}
		if call.Code != stream.Code || call.BackOff != stream.BackOff || !reflect.DeepEqual(call.Values, stream.Values) {
			t.Errorf("call: %v; stream: %v", asCall, asStream)
		}
	})
}

// FuzzAnswer: whatever comes, every operation returns an answer or an *Error with a code.
func FuzzAnswer(f *testing.F) {
	for _, seed := range seeds(f, "*/*.res.xml") {
		f.Add(seed, 200)
		f.Add(seed, 500)
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		c := NewClient(Options{Calls: answering(status, http.Header{}, func() io.Reader { return strings.NewReader(body) })})
		call := Call{URL: someURL}
		_, asked := c.GetUserSettings(t.Context(), someURL, GetUserSettingsRequest{Users: []string{"a"}, Settings: []string{"b"}})
		plain, askedPOX := c.AutodiscoverPOX(t.Context(), someURL, "a@b")
		if askedPOX == nil {
			plain.Settings()
		}
		outcomes := []error{asked, askedPOX}
		for _, operation := range operations {
			outcomes = append(outcomes, operation(t.Context(), c, call))
		}
		accepted := 0
		for _, err := range outcomes {
			var e *Error
			switch {
			case err == nil:
				accepted++
			case !errors.As(err, &e) || e.Code == "" || e.Error() == "":
				t.Errorf("have %#v", err)
			}
		}
		if accepted > 1 {
			t.Errorf("%d operations took the same answer for theirs", accepted)
		}
	})
}
