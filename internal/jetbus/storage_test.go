package jetbus

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Times that are promised for a storage that is full, and some for a busy machine.
const (
	namedWithin   = 3 * time.Second
	resumesWithin = 30 * time.Second
)

func within(t *testing.T, limit time.Duration, what string, begin time.Time) {
	t.Helper()
	took := time.Since(begin)
	t.Logf("%s after %s", what, took.Round(time.Millisecond))
	if took > limit {
		t.Errorf("%s after %s, want within %s", what, took, limit)
	}
}

// filler makes a stream that takes room beside ours.
func filler(t *testing.T, b *Bus) jetstream.Stream {
	t.Helper()
	stream, err := b.js.CreateStream(limited(t), jetstream.StreamConfig{Name: "FILLER", Subjects: []string{"filler"}})
	must(t, err)
	return stream
}

// fill publishes to the filler until the server has no storage left.
func fill(t *testing.T, b *Bus) {
	t.Helper()
	body := make([]byte, 512<<10)
	for {
		if _, err := b.js.Publish(limited(t), "filler", body); err != nil {
			if !hasCode(err, codeStorageFull) {
				t.Fatalf("fill: %v", err)
			}
			return
		}
	}
}

func TestLaneWaitsForStorage(t *testing.T) {
	server := startServer(t, natsserver.Config{MaxStore: 96 << 20})
	b := openBus(t, server, func(c *Config) { c.EventMaxBytes = 24 << 20 })
	stream := filler(t, b)
	lane := b.NewLane()
	l := &load{mailboxes: 20, events: 1000}
	fill(t, b)
	begin := time.Now()
	done := l.publish(t, lane)
	waitFor(t, "the lane to name its trouble", func() bool { return lane.Trouble() == troubleStorageFull })
	within(t, namedWithin, "trouble named", begin)
	must(t, lane.Progress())
	total, rounds := uint64(l.mailboxes)*uint64(l.events), 0
	for ; rounds < 5 && lane.Stats().Published < total; rounds++ { // room comes and goes while messages are on the way
		before := lane.Stats().Published
		begin = time.Now()
		must(t, stream.Purge(limited(t)))
		waitFor(t, "publishing to go on", func() bool { return lane.Stats().Published > before })
		within(t, resumesWithin, "publishing resumed", begin)
		fill(t, b)
	}
	if rounds < 2 {
		t.Fatal("everything was published before the storage was full twice")
	}
	must(t, stream.Purge(limited(t)))
	receive(t, closedAs(done), "all published")
	expect(t, "trouble", "", lane.Trouble())
	l.check(t, b)
}

// A stream that refuses by size has room for small messages after it refused a large one.
func TestLaneKeepsTheOrderWhereOnlyLargeMessagesAreRefused(t *testing.T) {
	b, _ := fresh(t)
	limitBytes(t, b, 12<<10)
	large := newMail(anna, 2)
	large.Item = &messages.Ref{ID: strings.Repeat("x", 12<<10)}
	events := slices.Concat(newMails(anna, 1, 1), []messages.Event{large}, newMails(anna, 3, 9))
	lane := b.NewLane()
	done := make(chan error, 1)
	go func() {
		_, err := lane.Publish(limited(t), events)
		done <- err
	}()
	waitFor(t, "the lane to name its trouble", func() bool { return lane.Trouble() == troubleStoreFailed })
	limitBytes(t, b, 1<<20)
	must(t, receive(t, done, "publish"))
	for i, e := range storedEvents(t, b) {
		expect(t, "order", messages.Sequence(i+1), e.Event.Meta().Sequence)
	}
}

func limitBytes(t *testing.T, b *Bus, limit int64) {
	t.Helper()
	cfg := b.cfg.streams()[3]
	cfg.MaxBytes, cfg.Discard = limit, jetstream.DiscardNew
	_, err := b.js.UpdateStream(limited(t), cfg)
	must(t, err)
}

func TestLaneSurvivesAFullDisk(t *testing.T) {
	dir := smallDisk(t, 24)
	server := startServer(t, natsserver.Config{Dir: filepath.Join(dir, "nats"), MaxStore: 1 << 30})
	b := openBus(t, server, func(c *Config) { c.EventMaxBytes = 8 << 20 })
	lane := b.NewLane()
	first := newMails("first@contoso.com", 1, 50)
	_, err := lane.Publish(limited(t), first)
	must(t, err)

	ballast := filepath.Join(dir, "ballast")
	fillDisk(t, ballast)
	begin := time.Now()
	l := &load{mailboxes: 20, events: 100}
	done := l.publish(t, lane)
	waitFor(t, "the lane to name its trouble", func() bool { return lane.Trouble() == troubleNoAnswer })
	within(t, namedWithin, "trouble named", begin)

	must(t, os.Remove(ballast))
	must(t, server.Restart())
	begin = time.Now()
	before := lane.Stats().Published
	waitFor(t, "publishing to go on", func() bool { return lane.Stats().Published > before })
	within(t, resumesWithin, "publishing resumed", begin)
	receive(t, closedAs(done), "all published")
	expect(t, "trouble", "", lane.Trouble())
	l.check(t, b, "first@contoso.com")
	expect(t, "what was acknowledged before", uint64(50+20*100), countOf(t, b, streamEvent))
}

// smallDisk mounts a file system of so many MiB.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("a small file system is mounted on Linux only")
	}
	dir := t.TempDir()
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", size), "tmpfs", dir).CombinedOutput()
	if err != nil {
		t.Skipf("a small file system cannot be mounted here, which takes root: %s", bytes.TrimSpace(out))
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillDisk writes until nothing more goes.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	for body := make([]byte, 1<<20); len(body) > 0; body = body[:len(body)/2] {
		for {
			if _, err := f.Write(body); err != nil {
				break
			}
		}
	}
}
