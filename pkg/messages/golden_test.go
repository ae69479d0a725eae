package messages_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

var update = flag.Bool("update", false, "rewrite the golden messages in testdata")

// TestGoldenMessages holds every type's message to its file: what is stored in
// the streams of users must stay readable.
func TestGoldenMessages(t *testing.T) {
	unused := map[string]bool{}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		unused[file] = true
	}
	for _, m := range sampleMessages(t) {
		t.Run(typeOf(m), func(t *testing.T) {
			file := filepath.Join("testdata", typeOf(m)+".txt")
			delete(unused, file)
			have := transcript(m)
			if *update {
				if err := os.WriteFile(file, []byte(have), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), have); diff != "" {
				t.Errorf("%s: want -, have + (go test -update rewrites it)\n%s", file, diff)
			}
		})
	}
	for file := range unused {
		t.Errorf("%s belongs to no message type", file)
	}
}

func sampleMessages(t *testing.T) []messages.Message {
	t.Helper()
	var all []messages.Message
	for _, f := range sampleFacts() {
		all = append(all, encodeFact(t, f))
	}
	for _, e := range sampleEvents() {
		all = append(all, encodeEvent(t, e))
	}
	return all
}

// transcript is subject, headers in order, an empty line and the body.
func transcript(m messages.Message) string {
	var b strings.Builder
	fmt.Fprintln(&b, m.Subject)
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(m.Header[name], "|"))
	}
	fmt.Fprintf(&b, "\n%s\n", m.Data)
	return b.String()
}
