package leasemem_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/lease/leasemem"
)

var _ lease.Store = (*leasemem.Client)(nil)

var (
	keyA = lease.Key{Kind: lease.KindMember, Name: "a"}
	keyB = lease.Key{Kind: lease.KindClaim, Name: "b"}
)

func put(t *testing.T, c *leasemem.Client, key lease.Key, value string, expected uint64, want error) {
	t.Helper()
	if _, err := c.Put(t.Context(), key, []byte(value), expected, 0); !errors.Is(err, want) {
		t.Errorf("put %q: have %v, want %v", value, err, want)
	}
}

func TestPutComparesAndSets(t *testing.T) {
	log := leasemem.New()
	c := log.Client()
	put(t, c, keyA, "1", 0, nil)
	put(t, c, keyA, "2", 0, lease.ErrConflict)
	put(t, c, keyB, "1", 1, lease.ErrConflict)
	put(t, c, keyB, "1", 0, nil)
	put(t, c, keyA, "2", 1, nil)
	if have, want := fmt.Sprint(len(log.Records()), len(log.History())), "2 3"; have != want {
		t.Errorf("have %s records, want %s", have, want)
	}
}

func TestWatchBringsTheNewestThenTheMarkThenAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := leasemem.New()
		c := log.Client()
		put(t, c, keyA, "1", 0, nil)
		put(t, c, keyB, "2", 0, nil)
		put(t, c, keyA, "3", 1, nil)
		ctx, cancel := context.WithCancel(t.Context())
		records, err := c.Watch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		take := func(n int) {
			for range n {
				r := <-records
				have = append(have, fmt.Sprint(r.Sequence, string(r.Value)))
			}
		}
		take(3)
		put(t, c, keyB, "4", 2, nil)
		take(1)
		log.Outage(true)
		if _, err := c.Put(t.Context(), keyB, nil, 4, 0); err == nil || errors.Is(err, lease.ErrConflict) {
			t.Errorf("have %v during an outage", err)
		}
		log.Outage(false)
		if _, err := c.Put(t.Context(), keyB, []byte("5"), 4, time.Second); err != nil {
			t.Error(err)
		}
		take(2) // with the marker of its expiry
		if want := []string{"22", "33", "0", "44", "55", "6"}; !slices.Equal(have, want) {
			t.Errorf("have %v, want %v", have, want)
		}
		put(t, c, keyB, "what expired counts as still there", 5, nil)
		cancel()
		for range records {
		}
	})
}

func TestFaultsOfOneClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := leasemem.New()
		a, b := log.Client(), log.Client()
		a.LoseAcks(true)
		if _, err := a.Put(t.Context(), keyA, nil, 0, 0); err == nil || errors.Is(err, lease.ErrConflict) {
			t.Errorf("have %v, want an unknown outcome", err)
		}
		put(t, b, keyA, "x", 0, lease.ErrConflict)
		b.DelayAcks(time.Second)
		begin := time.Now()
		put(t, b, keyA, "x", 1, nil)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("answered after %v, want 1s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := b.Put(ctx, keyA, nil, 2, 0); !errors.Is(err, context.DeadlineExceeded) || len(log.History()) != 3 {
			t.Errorf("have %v with %d records, want it stored without an answer", err, len(log.History()))
		}
	})
}
