package wiretrace

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// files lists the folder: the names with how many records each has.
func files(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s:%d", e.Name(), bytes.Count(data, []byte("=== 2026"))))
		if info, err := e.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s has the mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
	return strings.Join(all, " ")
}

func TestWants(t *testing.T) {
	tests := []struct {
		only string
		want string // of the labels
	}{
		{"", ""},
		{"all", "a-1|a-1 anna@contoso.com|anna@contoso.com|"},
		{"a-1", "a-1|a-1 anna@contoso.com"},
		{"Anna@contoso.com", "a-1 anna@contoso.com|anna@contoso.com"},
		{"other", ""},
	}
	labels := []string{"a-1", "a-1 anna@contoso.com", "anna@contoso.com", "", "b-1", "bert@contoso.com"}
	for _, tt := range tests {
		tracer := newTracer(Config{Only: strings.Fields(tt.only)}, "streamer", quiet)
		for _, label := range labels {
			want := tt.only == "all" || label == "" && tt.only == "other" || label != "" && slices.Contains(strings.Split(tt.want, "|"), label)
			if have := tracer.Wants(label); have != want {
				t.Errorf("only %q: %q is wanted: %t", tt.only, label, have)
			}
		}
	}
}

func TestFilesAreNamedByGroupThenMailbox(t *testing.T) {
	cfg := Config{Dir: filepath.Join(t.TempDir(), "trace"), Only: []string{"all"}, MaxBytes: 1 << 20, MaxFiles: 10}
	tracer := Start(cfg, "subscriber", quiet)
	for _, label := range []string{"a-1 anna@contoso.com", "a-1", "anna@contoso.com", "", "../../etc/x"} {
		tracer.Trace(subscribed(label))
	}
	tracer.Close()
	const want = "subscriber-..%2F..%2Fetc%2Fx.trace:1 subscriber-a-1.trace:2 subscriber-anna@contoso.com.trace:1 subscriber-other.trace:1"
	if have := files(t, cfg.Dir); have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
	if written, dropped := tracer.Stats(); written != 5 || dropped != 0 {
		t.Errorf("have %d written, %d dropped", written, dropped)
	}
	tracer.Trace(subscribed("a-1")) // goes nowhere
	if have := files(t, cfg.Dir); have != want {
		t.Errorf("after its end have %s", have)
	}
	if long := fileName("streamer", strings.Repeat("ä", 300)); len(long) > 255 || long == fileName("streamer", strings.Repeat("ä", 301)) {
		t.Errorf("have %s", long)
	}
}

func TestFilesAreARing(t *testing.T) {
	dir := t.TempDir()
	size := int64(len(record(subscribed("a-1"), 1<<20)))
	cfg := Config{Dir: dir, Only: []string{"a-1"}, MaxBytes: 2*size + size/2, MaxFiles: 10}
	tracer := Start(cfg, "s", quiet)
	for range 7 {
		tracer.Trace(subscribed("a-1"))
	}
	tracer.Trace(subscribed("b-1")) // not wanted
	tracer.Close()
	if have, want := files(t, dir), "s-a-1.trace:1 s-a-1.trace.1:2"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
}

func TestFilesAreBoundedInNumber(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tracer := newTracer(Config{Dir: dir, Only: []string{"all"}, MaxBytes: 1 << 20, MaxFiles: 2}, "s", quiet)
	for i, label := range []string{"a-1", "b-1", "c-1"} {
		tracer.write(subscribed(label))
		at := noon.AddDate(0, 0, i)
		if err := os.Chtimes(filepath.Join(dir, "s-"+label+".trace"), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if have, want := files(t, dir), "notes.txt:0 s-b-1.trace:1 s-c-1.trace:1"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
}

// A call neither waits nor fails, whatever becomes of its trace.
func TestWhatCannotBeTakenIsDropped(t *testing.T) {
	tracer := newTracer(Config{Only: []string{"all"}}, "s", quiet)
	for range queueLength + 3 {
		tracer.Trace(subscribed("a-1"))
	}
	if _, dropped := tracer.Stats(); dropped != 3 {
		t.Errorf("%d dropped, want 3", dropped)
	}
	tracer = newTracer(Config{Only: []string{"all"}}, "s", quiet)
	large := subscribed("a-1")
	large.ResponseBody = make([]byte, queueBytes/2)
	for range 3 {
		tracer.Trace(large)
	}
	if _, dropped := tracer.Stats(); dropped != 2 || len(tracer.queue) != 1 {
		t.Errorf("%d dropped, want 2: they are too large together", dropped)
	}
	tracer.write(<-tracer.queue)
	if tracer.Trace(large); len(tracer.queue) != 1 {
		t.Error("there is room again, and nothing is taken")
	}
}

func TestWhatCannotBeWrittenIsDropped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, fs.ModePerm); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	tracer := Start(Config{Dir: file, Only: []string{"all"}, MaxBytes: 1 << 20, MaxFiles: 2}, "s", slog.New(slog.NewTextHandler(&out, nil)))
	for range 3 {
		tracer.Trace(subscribed("a-1"))
	}
	tracer.Close()
	if written, dropped := tracer.Stats(); written != 0 || dropped != 3 || strings.Count(out.String(), "level=WARN") != 1 {
		t.Errorf("have %d written, %d dropped, and %s, want it to be said once", written, dropped, out.String())
	}
}
