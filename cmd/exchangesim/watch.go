package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// lookEvery is the time between two looks at the folder of -watch.
const lookEvery = 250 * time.Millisecond

// watcher delivers the .eml files of a folder: those in DIR/ADDRESS to that mailbox, those in DIR itself to the mailboxes
// that their headers name. All of it belongs to the goroutine of run.
type watcher struct {
	dir    string
	sim    *exchangesim.Server
	stderr io.Writer
	seen   map[string]stamp // by path, at the last look
	told   map[string]bool  // complaints that would come again at every look
}

// stamp tells a file that is still being written from one that is not.
type stamp struct {
	size     int64
	modified time.Time
}

// startWatch watches a folder until stop is called; without one it does nothing.
func startWatch(dir string, sim *exchangesim.Server, stderr io.Writer) (stop func(), err error) {
	if dir == "" {
		return func() {}, nil
	}
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("-watch: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		newWatcher(dir, sim, stderr).run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}, nil
}

func newWatcher(dir string, sim *exchangesim.Server, stderr io.Writer) *watcher {
	return &watcher{dir: dir, sim: sim, stderr: stderr, told: map[string]bool{}}
}

func (w *watcher) run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		w.look()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// look takes the files that have not changed since the last look.
func (w *watcher) look() {
	now := w.files()
	for _, path := range settled(w.seen, now) {
		w.take(path)
	}
	w.seen = now
}

// settled are the files that are as they were, in the order of their names. An empty one is still to be written.
func settled(before, now map[string]stamp) (paths []string) {
	for _, path := range slices.Sorted(maps.Keys(now)) {
		if s, there := before[path]; there && s == now[path] && s.size > 0 {
			paths = append(paths, path)
		}
	}
	return paths
}

// files finds the .eml files of the folder and of those of mailboxes in it.
func (w *watcher) files() map[string]stamp {
	found := map[string]stamp{}
	for _, e := range w.entries(w.dir) {
		path := filepath.Join(w.dir, e.Name())
		if e.IsDir() && strings.Contains(e.Name(), "@") {
			for _, mail := range w.entries(path) {
				addFile(found, path, mail)
			}
			continue
		}
		addFile(found, w.dir, e)
	}
	return found
}

func (w *watcher) entries(dir string) []fs.DirEntry {
	entries, err := os.ReadDir(dir)
	if err != nil {
		w.complain(err.Error())
	}
	return entries
}

// addFile notes an ordinary file that is a mail. A name that begins with a dot is one that programs write under before
// they rename.
func addFile(found map[string]stamp, dir string, e fs.DirEntry) {
	name := e.Name()
	if !e.Type().IsRegular() || strings.HasPrefix(name, ".") || !strings.EqualFold(filepath.Ext(name), ".eml") {
		return
	}
	if info, err := e.Info(); err == nil { // else it is gone already
		found[filepath.Join(dir, name)] = stamp{info.Size(), info.ModTime()}
	}
}

// complain tells once what would come up at every look.
func (w *watcher) complain(text string) {
	if !w.told[text] {
		w.told[text] = true
		w.say(text)
	}
}

func (w *watcher) say(text string) { fmt.Fprintln(w.stderr, "exchangesim: -watch:", text) }
