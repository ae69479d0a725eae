package leasetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/lease"
)

// ttl is the shortest that every store keeps.
const ttl = time.Second

// expired stores a record and waits until the feed says that it is gone. It returns
// the sequences of the record and of what said so.
func expired(t *testing.T, s lease.Store, key lease.Key) (record, gone uint64) {
	t.Helper()
	feed := watch(t, s)
	caughtUp(t, feed)
	record = put(t, s, key, "alive", 0, ttl)
	if diff := cmp.Diff([]string{text(lease.Record{Key: key, Value: []byte("alive")})}, take(t, feed, 1)); diff != "" {
		t.Fatalf("delivered (-want +got):\n%s", diff)
	}
	end := receive(t, feed, "its end")
	if end.Key != key || len(end.Value) > 0 || end.Sequence <= record {
		t.Fatalf("came %s at %d, want the end of %v after %d", text(end), end.Sequence, key, record)
	}
	return record, end.Sequence
}

func expiry(t *testing.T, b Backend) {
	s := b.Open(stage)
	feed := watch(t, s)
	caughtUp(t, feed)
	put(t, s, claim("u"), "stays", 0, 0)
	put(t, s, member("dies"), "1", 0, ttl)
	began := time.Now()
	renewed := put(t, s, member("lives"), "1", 0, 3*ttl)
	got := take(t, feed, 3)
	renewed = put(t, s, member("lives"), "2", renewed, 20*ttl)
	want := []string{"claim u = stays", "member dies = 1", "member lives = 1", "member lives = 2", "member dies = "}
	if diff := cmp.Diff(want, append(got, take(t, feed, 2)...)); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
	if passed := time.Since(began); passed < ttl-50*time.Millisecond || passed > ttl+5*time.Second {
		t.Errorf("a record with a ttl of %s was gone after %s", ttl, passed)
	}
	<-time.After(2*ttl + ttl/2) // the ttl that was replaced is over
	quiet(t, feed)
	put(t, s, member("lives"), "3", renewed, ttl)
}

func expiredPut(t *testing.T, b Backend) {
	s := b.Open(stage)
	record, _ := expired(t, s, member("a"))
	again := put(t, s, member("a"), "again", record, 0)
	conflict(t, s, member("a"), record)
	if again <= record {
		t.Errorf("stored at %d after %d", again, record)
	}
	_, gone := expired(t, s, member("b"))
	put(t, s, member("b"), "again", gone, 0)
	conflict(t, s, member("b"), gone)
}

func expiredRace(t *testing.T, b Backend) {
	stores := []lease.Store{b.Open(stage), b.Open(stage), b.Open(stage), b.Open(stage)}
	record, gone := expired(t, stores[0], member("a"))
	if won := race(t, stores, member("a"), record); won <= gone {
		t.Errorf("stored at %d, but the end of the one before is at %d", won, gone)
	}
}
