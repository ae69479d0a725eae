package maillist

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"
)

// Watch reads the list at once and again when it changes, looking every interval.
// It sends the list whenever its content is new and, once for each cause, why it
// cannot be read; a list that becomes readable again is sent anew. A reader that
// is late gets the newest only. The channel is closed when ctx ends.
//
// What is received from again has the list read at once, and taken as it is: it is
// said to be at rest. A nil channel never says so.
func Watch(ctx context.Context, path string, interval time.Duration, again <-chan struct{}) <-chan Snapshot {
	snapshots := make(chan Snapshot)
	w := &watcher{path: path}
	go func() {
		defer close(snapshots)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		var pending *Snapshot
		for next := lookAnew; next != lookNoMore; next = deliver(ctx, snapshots, &pending, ticker.C, again) {
			if snapshot, news := w.look(next == lookAnew); news {
				pending = &snapshot
			}
		}
	}()
	return snapshots
}

// What to do next.
const (
	lookNoMore = iota
	look       // what changed
	lookAnew   // whether or not it seems to have changed
)

// deliver offers what is pending until it is time to look.
func deliver(ctx context.Context, snapshots chan<- Snapshot, pending **Snapshot, tick <-chan time.Time, again <-chan struct{}) int {
	for {
		var out chan<- Snapshot
		var next Snapshot
		if *pending != nil {
			out, next = snapshots, **pending
		}
		select {
		case out <- next:
			*pending = nil
		case <-tick:
			return look
		case <-again:
			return lookAnew
		case <-ctx.Done():
			return lookNoMore
		}
	}
}

// watcher compares what a file holds with what it held before.
type watcher struct {
	path    string
	stamp   os.FileInfo // of the last look; nil when the file could not be read
	read    []byte      // content of the last look
	settled bool        // the last look found the same as the one before
	parsed  []byte      // content that was parsed last; nil after the file could not be read
	trouble string      // the error that was sent last; empty after a list
}

// look reports what is new. Content is news only when two looks found the same:
// it may still be being written. A look anew does not wait for that.
func (w *watcher) look(anew bool) (Snapshot, bool) {
	info, err := os.Stat(w.path)
	if err != nil {
		return w.unreadable(err)
	}
	if !anew && w.stamp != nil && unchanged(w.stamp, info) && w.settled {
		return Snapshot{}, false
	}
	data, err := os.ReadFile(w.path)
	if err != nil {
		return w.unreadable(err)
	}
	w.settled = anew || w.stamp != nil && bytes.Equal(data, w.read)
	w.stamp, w.read = info, data
	if !w.settled || w.parsed != nil && bytes.Equal(data, w.parsed) {
		return Snapshot{}, false
	}
	return w.parse(data)
}

func (w *watcher) parse(data []byte) (Snapshot, bool) {
	w.parsed = data
	mailboxes, err := parse(w.path, data)
	if err != nil {
		return w.fail(err)
	}
	w.trouble = ""
	return Snapshot{Source: Source(w.path), Mailboxes: mailboxes}, true
}

func (w *watcher) unreadable(err error) (Snapshot, bool) {
	w.stamp, w.parsed = nil, nil
	return w.fail(fmt.Errorf("the mailbox list cannot be read: %w", err))
}

// fail reports an error, once as long as it stays the same.
func (w *watcher) fail(err error) (Snapshot, bool) {
	if text := err.Error(); text != w.trouble {
		w.trouble = text
		return Snapshot{Source: Source(w.path), Err: err}, true
	}
	return Snapshot{}, false
}

func unchanged(before, now os.FileInfo) bool {
	return os.SameFile(before, now) && before.ModTime().Equal(now.ModTime()) && before.Size() == now.Size()
}
