package maillist

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWatch(t *testing.T) {
	path := write(t, "mailboxes.txt", "anna@contoso.com\n")
	inBubble(t, func(t *testing.T, ctx context.Context) {
		snapshots := Watch(ctx, path, time.Second, nil)
		expectList(t, snapshots, "anna@contoso.com")

		touch(t, path, "anna@contoso.com\n")
		expectNothing(t, snapshots)

		touch(t, path, "anna@contoso.com\nbea@contoso.com\n")
		expectList(t, snapshots, "anna@contoso.com", "bea@contoso.com")

		touch(t, path, "anna@contoso.com\nbea\n")
		expectError(t, snapshots, path+":2: ")
		expectNothing(t, snapshots)

		touch(t, path, "anna@contoso.com\nbea@contoso.com\n")
		expectList(t, snapshots, "anna@contoso.com", "bea@contoso.com")
	})
}

func TestWatchSendsTheListAtOnce(t *testing.T) {
	path := write(t, "mailboxes.txt", "anna@contoso.com\n")
	inBubble(t, func(t *testing.T, ctx context.Context) {
		begin := time.Now()
		expectList(t, Watch(ctx, path, time.Minute, nil), "anna@contoso.com")
		if waited := time.Since(begin); waited > 0 {
			t.Errorf("the first list came after %s", waited)
		}
	})
}

// Whoever asks for another look vouches for the file: neither its time nor a second
// look has to tell that it changed.
func TestWatchLooksAgainAtOnce(t *testing.T) {
	path := write(t, "mailboxes.txt", "anna@contoso.com\n")
	inBubble(t, func(t *testing.T, ctx context.Context) {
		again := make(chan struct{})
		snapshots := Watch(ctx, path, time.Hour, again)
		expectList(t, snapshots, "anna@contoso.com")
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		touch(t, path, "bert@contoso.com\n")
		if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
			t.Fatal(err)
		}
		again <- struct{}{}
		expectList(t, snapshots, "bert@contoso.com")
		again <- struct{}{}
		expectNothing(t, snapshots)
	})
}

func TestWatchFileGoesAndComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailboxes.txt")
	inBubble(t, func(t *testing.T, ctx context.Context) {
		snapshots := Watch(ctx, path, time.Second, nil)
		expectError(t, snapshots, "no such file")
		expectNothing(t, snapshots)

		touch(t, path, "anna@contoso.com\n")
		expectList(t, snapshots, "anna@contoso.com")

		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		expectError(t, snapshots, "no such file")

		touch(t, path, "anna@contoso.com\n")
		expectList(t, snapshots, "anna@contoso.com")
	})
}

// A list of which only the first half is written must not be taken for a list
// that withdraws the second half.
func TestWatchWaitsUntilTheFileIsAtRest(t *testing.T) {
	path := write(t, "mailboxes.txt", "anna@contoso.com\nbea@contoso.com\n")
	inBubble(t, func(t *testing.T, ctx context.Context) {
		snapshots := Watch(ctx, path, time.Second, nil)
		expectList(t, snapshots, "anna@contoso.com", "bea@contoso.com")

		touch(t, path, "anna@contoso.com\n")
		time.Sleep(1500 * time.Millisecond) // one look
		touch(t, path, "anna@contoso.com\nbea@contoso.com\ncarl@contoso.com\n")
		expectList(t, snapshots, "anna@contoso.com", "bea@contoso.com", "carl@contoso.com")
	})
}

func TestWatchLateReaderGetsTheNewest(t *testing.T) {
	path := write(t, "mailboxes.txt", "anna@contoso.com\n")
	inBubble(t, func(t *testing.T, ctx context.Context) {
		snapshots := Watch(ctx, path, time.Second, nil)
		time.Sleep(5 * time.Second)
		touch(t, path, "bea@contoso.com\n")
		time.Sleep(5 * time.Second)
		expectList(t, snapshots, "bea@contoso.com")
		expectNothing(t, snapshots)
	})
}

func TestWatchEndsWithItsContext(t *testing.T) {
	path := write(t, "mailboxes.txt", "anna@contoso.com\n")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		snapshots := Watch(ctx, path, time.Second, nil)
		cancel()
		for range snapshots {
		}
	})
}

func TestSourceDoesNotNameTheFolder(t *testing.T) {
	for _, path := range []string{"mailboxes.txt", "/etc/ewsnats/mailboxes.txt", "./mailboxes.txt"} {
		if have, want := Source(path), "file:mailboxes.txt"; have != want {
			t.Errorf("Source(%q): have %q, want %q", path, have, want)
		}
	}
}

func inBubble(t *testing.T, test func(*testing.T, context.Context)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		test(t, ctx)
	})
}

func expectList(t *testing.T, snapshots <-chan Snapshot, want ...messages.Address) {
	t.Helper()
	have := next(t, snapshots)
	if have.Err != nil {
		t.Fatalf("have error %v, want a list", have.Err)
	}
	if diff := cmp.Diff(want, have.Mailboxes); diff != "" {
		t.Fatalf("want - have +:\n%s", diff)
	}
	if have.Source != "file:mailboxes.txt" {
		t.Errorf("have source %q, want file:mailboxes.txt", have.Source)
	}
}

func expectError(t *testing.T, snapshots <-chan Snapshot, want string) {
	t.Helper()
	if have := next(t, snapshots); have.Err == nil || !strings.Contains(have.Err.Error(), want) {
		t.Fatalf("have list %v and error %v, want an error with %q", have.Mailboxes, have.Err, want)
	}
}

func expectNothing(t *testing.T, snapshots <-chan Snapshot) {
	t.Helper()
	select {
	case have := <-snapshots:
		t.Fatalf("have %v, want nothing", have)
	case <-time.After(10 * time.Second):
	}
}

func next(t *testing.T, snapshots <-chan Snapshot) Snapshot {
	t.Helper()
	select {
	case have := <-snapshots:
		return have
	case <-time.After(10 * time.Second):
		t.Fatal("no snapshot came")
		return Snapshot{}
	}
}

// touch writes a file whose time of change differs from the one before: a
// bubble's clock does not move the file system's.
func touch(t *testing.T, path, content string) {
	t.Helper()
	before, err := os.Stat(path)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		return
	}
	later := before.ModTime().Add(time.Second)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func replacePath(text, path string) string { return strings.ReplaceAll(text, path, "FILE") }
