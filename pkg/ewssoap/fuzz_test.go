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

// FuzzStream: whatever comes, Next does not panic, ends, and finds the same whatever the framing.
func FuzzStream(f *testing.F) {
	for _, seed := range append(seeds(f, "getstreamingevents/*.res.xml"), heartbeat+goodbye, invalidID, "\ufeff"+heartbeat[:99]) {
		f.Add(seed, []byte{})
		f.Add(seed, []byte{1, 0, 17})
	}
	f.Fuzz(func(t *testing.T, body string, steps []byte) {
		o := Options{MaxEnvelope: 1 << 16}
		want, wantErr := readAll(streamOf(t, strings.NewReader(body), o))
		have, haveErr := readAll(streamOf(t, &inSteps{r: iotest.DataErrReader(strings.NewReader(body)), steps: steps}, o))
		if code(wantErr) != code(haveErr) || !reflect.DeepEqual(want, have) {
			t.Errorf("in one piece: %d envelopes, %v; in steps %v: %d, %v", len(want), wantErr, steps, len(have), haveErr)
		}
		again, err := readAll(streamOf(t, strings.NewReader(heartbeat+body), o))
		if len(again) != len(want)+1 {
			t.Errorf("behind a heartbeat: %d envelopes, %v; alone %d, %v", len(again), err, len(want), wantErr)
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
		_, subscribed := c.Subscribe(t.Context(), call, oneSubscribe)
		unsubscribed := c.Unsubscribe(t.Context(), call, firstID)
		_, got := c.GetFolder(t.Context(), call, GetFolderRequest{Folders: []FolderID{{Distinguished: "inbox"}}})
		_, found := c.FindFolder(t.Context(), call, FindFolderRequest{Parent: FolderID{Distinguished: "inbox"}, MaxEntries: 1})
		_, asked := c.GetUserSettings(t.Context(), someURL, GetUserSettingsRequest{Users: []string{"a"}, Settings: []string{"b"}})
		plain, askedPOX := c.AutodiscoverPOX(t.Context(), someURL, "a@b")
		if askedPOX == nil {
			plain.Settings()
		}
		accepted := 0
		for _, err := range []error{subscribed, unsubscribed, got, found, asked, askedPOX} {
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
