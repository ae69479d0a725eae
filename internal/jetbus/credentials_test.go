package jetbus

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestLoginsAreCountedByCompareAndSet(t *testing.T) {
	bus, server := fresh(t)
	ctx := limited(t)
	first, second := bus.Logins(), openBus(t, server).Logins()
	record, sequence, err := first.Load(ctx, "svc-1")
	must(t, err)
	expect(t, "nothing", uint64(0), sequence)
	expect(t, "nothing", 0, len(record))

	stored, err := first.Store(ctx, "svc-1", []byte("one"), 0)
	must(t, err)
	expect(t, "first", true, stored)
	stored, err = second.Store(ctx, "svc-1", []byte("other"), 0)
	must(t, err)
	expect(t, "second on what the first replaced", false, stored)
	stored, err = second.Store(ctx, "svc-2", []byte("another"), 0)
	must(t, err)
	expect(t, "another credential", true, stored)

	record, sequence, err = second.Load(ctx, "svc-1")
	must(t, err)
	expect(t, "record", "one", string(record))
	stored, err = second.Store(ctx, "svc-1", []byte("two"), sequence)
	must(t, err)
	expect(t, "second on what is true", true, stored)
}

// Many that count at once lose no count.
func TestNoCountIsLost(t *testing.T) {
	bus, _ := fresh(t)
	logins, ctx := bus.Logins(), limited(t)
	var counting sync.WaitGroup
	for i := range 8 {
		counting.Go(func() {
			for stored := false; !stored; {
				record, sequence, err := logins.Load(ctx, "svc")
				if err == nil {
					stored, err = logins.Store(ctx, "svc", fmt.Append(record, i), sequence)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	counting.Wait()
	record, _, err := logins.Load(ctx, "svc")
	must(t, err)
	expect(t, "counts", 8, len(record))
}

func TestWithoutTheServerACountWaitsForItsContext(t *testing.T) {
	bus, server := fresh(t)
	must(t, server.Shutdown())
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, _, err := bus.Logins().Load(ctx, "svc"); err != context.DeadlineExceeded {
		t.Errorf("load: %v", err)
	}
	if _, err := bus.Logins().Store(ctx, "svc", nil, 0); err != context.DeadlineExceeded {
		t.Errorf("store: %v", err)
	}
}
