package jetbus

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestCoordinationSnapshot(t *testing.T) {
	b, _ := fresh(t)
	ctx := limited(t)
	got, err := b.CoordinationSnapshot(ctx)
	must(t, err)
	expect(t, "records of an empty stream", 0, len(got))

	began := time.Now()
	streamer, subscriber := b.Coordination("streamer"), b.Coordination("subscriber")
	put := func(s lease.Store, kind lease.Kind, name, value string, ttl time.Duration) {
		_, err := s.Put(ctx, lease.Key{Kind: kind, Name: name}, []byte(value), 0, ttl)
		must(t, err)
	}
	put(streamer, lease.KindMember, "gone", "x", time.Second)
	put(streamer, lease.KindMember, "host-1.example.com", "m", 0)
	put(subscriber, lease.KindClaim, "17", "c", 0)
	put(subscriber, lease.KindClaim, "18", "", 0)
	_, err = b.js.Publish(ctx, b.subjects.Coverage("g1"), []byte("cov"))
	must(t, err)
	_, err = b.js.Publish(ctx, b.subjects.Credential("hash"), []byte("not asked for"))
	must(t, err)
	waitFor(t, "a member to expire", func() bool {
		last, err := b.newest(ctx, streamCoord, b.subjects.Member("streamer", "gone"))
		return err == nil && isMarker(last.Header)
	})
	got, err = b.CoordinationSnapshot(ctx)
	must(t, err)
	for i := range got {
		if age := got[i].Stored.Sub(began); age < -time.Minute || age > time.Minute {
			t.Errorf("%s was stored %s after the beginning", got[i].Name, age)
		}
		got[i].Stored = time.Time{}
	}
	expect(t, "records", []CoordinationRecord{
		{Kind: lease.KindMember, Stage: "streamer", Name: "host-1.example.com", Value: []byte("m"), Sequence: 2},
		{Kind: lease.KindClaim, Stage: "subscriber", Name: "17", Value: []byte("c"), Sequence: 3},
		{Kind: lease.KindClaim, Stage: "subscriber", Name: "18", Value: []byte{}, Sequence: 4},
		{Kind: kindCoverage, Name: string(messages.GroupID("g1")), Value: []byte("cov"), Sequence: 5},
	}, got)
}
