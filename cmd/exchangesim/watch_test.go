package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// watched is a folder and who watches it, for anna and bert.
type watched struct {
	*watcher
	t   *testing.T
	out bytes.Buffer
}

func newWatched(t *testing.T) *watched {
	w := &watched{t: t}
	sim := exchangesim.New(exchangesim.Config{})
	sim.AddMailbox("anna@sim.test", "ex01.sim.test", "SITE")
	sim.AddMailbox("bert@sim.test", "ex01.sim.test", "SITE")
	w.watcher = newWatcher(t.TempDir(), sim, &w.out)
	return w
}

func (w *watched) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// came are the mailboxes and texts of what was delivered.
func (w *watched) came() (mails []string) {
	for _, c := range w.sim.Truth().Changes {
		mails = append(mails, strings.TrimSuffix(c.Mailbox, "@sim.test")+" "+string(w.sim.MIME(c.Mailbox, c.ItemID)))
	}
	return mails
}

// all are the paths of the files below the folder.
func (w *watched) all() (paths []string) {
	_ = filepath.WalkDir(w.dir, func(path string, e os.DirEntry, _ error) error {
		if rest, _ := filepath.Rel(w.dir, path); !e.IsDir() {
			paths = append(paths, filepath.ToSlash(rest))
		}
		return nil
	})
	return paths
}

func TestWatchDelivers(t *testing.T) {
	const body = "Subject: a\n\nb\n"
	for name, test := range map[string]struct {
		file, text string
		to         []string
		at         string // where it lies then
		complaint  string
	}{
		"folder of a mailbox":    {"Anna@sim.test/a.eml", body, []string{"anna"}, "Anna@sim.test/.delivered/a.eml", ""},
		"folder against header":  {"anna@sim.test/a.eml", "To: bert@sim.test\n" + body, []string{"anna"}, "anna@sim.test/.delivered/a.eml", ""},
		"To and Cc":              {"a.eml", "To: Anna <ANNA@sim.test>, c@example.com\nCc: bert@sim.test, anna@sim.test\n" + body, []string{"anna", "bert"}, ".delivered/a.eml", ""},
		"Bcc":                    {"a.EML", "To: undisclosed-recipients:;\nBcc: bert@sim.test\n" + body, []string{"bert"}, ".delivered/a.EML", ""},
		"Delivered-To":           {"a.eml", "Delivered-To: bert@sim.test\nTo: anna@sim.test\n" + body, []string{"bert"}, ".delivered/a.eml", ""},
		"damaged To":             {"a.eml", "To: anna@@sim.test\nCc: bert@sim.test\n" + body, []string{"bert"}, ".delivered/a.eml", ""},
		"strangers":              {"a.eml", "To: c@example.com\n" + body, nil, ".failed/a.eml", `To, Cc, Bcc name no mailbox of this organisation, only ["c@example.com"]`},
		"no header":              {"a.eml", "just text", nil, ".failed/a.eml", "it has no readable header"},
		"no header in a folder":  {"anna@sim.test/a.eml", "just text", nil, "anna@sim.test/.failed/a.eml", "no readable header"},
		"folder of a stranger":   {"c@example.com/a.eml", body, nil, "c@example.com/.failed/a.eml", `no mailbox "c@example.com"`},
		"empty":                  {"anna@sim.test/a.eml", "", nil, "anna@sim.test/a.eml", ""},
		"other file":             {"anna@sim.test/a.txt", body, nil, "anna@sim.test/a.txt", ""},
		"name while it is begun": {"anna@sim.test/.a.eml", body, nil, "anna@sim.test/.a.eml", ""},
		"folder without address": {"letters/a.eml", body, nil, "letters/a.eml", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatched(t)
			w.write(test.file, test.text)
			for range 3 {
				w.look()
			}
			var want []string
			for _, to := range test.to {
				want = append(want, to+" "+test.text)
			}
			if have := w.came(); !slices.Equal(have, want) {
				t.Errorf("delivered %q, want %q", have, want)
			}
			if have := w.all(); !slices.Equal(have, []string{test.at}) {
				t.Errorf("files %q, want %s", have, test.at)
			}
			if have := w.out.String(); !strings.Contains(have, test.complaint) || test.complaint == "" && have != "" ||
				test.complaint != "" && (strings.Count(have, "\n") != 1 || !strings.Contains(have, "it is now "+w.dir)) {
				t.Errorf("said %q, want %q", have, test.complaint)
			}
		})
	}
}

func TestWatchWaitsForTheEndOfAFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		stop, err := startWatch(w.dir, w.sim, &w.out)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		text := "To: anna@sim.test\n"
		time.Sleep(lookEvery / 2) // what is written now is not written during a look
		for range 4 {             // longer at every look
			w.write("a.eml", text)
			time.Sleep(lookEvery)
			text += "Subject: longer\n"
		}
		if have := w.came(); len(have) != 0 {
			t.Errorf("delivered %q", have)
		}
		time.Sleep(lookEvery)
		if have := w.came(); len(have) != 1 || strings.Count(have[0], "longer") != 3 {
			t.Errorf("delivered %q", have)
		}
	})
}

// A second mail of the same name overwrites nothing, and a folder for mailboxes may come later.
func TestWatchKeepsWhatItDelivered(t *testing.T) {
	w := newWatched(t)
	for _, text := range []string{"Subject: one\n\n", "Subject: two\n\n", "Subject: three\n\n"} {
		w.write("bert@sim.test/a.eml", text)
		w.look()
		w.look()
	}
	want := []string{"bert@sim.test/.delivered/a.2.eml", "bert@sim.test/.delivered/a.3.eml", "bert@sim.test/.delivered/a.eml"}
	if have := w.all(); !slices.Equal(have, want) || len(w.came()) != 3 {
		t.Errorf("files %q, delivered %q", have, w.came())
	}
}

// A mail that cannot be moved away is not delivered, and complained of once.
func TestWatchThatCannotMove(t *testing.T) {
	w := newWatched(t)
	w.write(".delivered", "a file where a folder is to be")
	w.write("a.eml", "To: anna@sim.test\n\n")
	for range 4 {
		w.look()
	}
	if have := w.out.String(); len(w.came()) != 0 || strings.Count(have, "a.eml stays where it is") != 1 {
		t.Errorf("said %q, delivered %q", have, w.came())
	}
}

func TestWatchOfAFolderThatGoes(t *testing.T) {
	w := newWatched(t)
	if err := os.Remove(w.dir); err != nil {
		t.Fatal(err)
	}
	w.look()
	w.look()
	w.write("a.eml", "To: anna@sim.test\n\n")
	w.look()
	w.look()
	if have := w.out.String(); len(w.came()) != 1 || strings.Count(have, "no such file") != 1 {
		t.Errorf("said %q, delivered %q", have, w.came())
	}
}
