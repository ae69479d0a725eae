package jetbus

import (
	"fmt"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// tap is what Watermill's subscriber holds for a consume context: it consumes
// while it is open. The gate's lock guards it.
type tap struct {
	guard
	consume   func() (jetstream.ConsumeContext, error)
	consuming jetstream.ConsumeContext // nil: it is closed

	end  sync.Once
	done chan struct{} // closed when Watermill has enough
}

func (t *tap) open() error {
	if t.consuming != nil {
		return nil
	}
	consuming, err := t.consume()
	if err != nil {
		return fmt.Errorf("consume partition %d: %w", t.partition, err)
	}
	t.consuming = consuming
	return nil
}

// close stops asking for messages. What the server has already sent comes yet, and
// is handed back: dropped, it would be missing until its ack wait is over.
func (t *tap) close() {
	if t.consuming != nil {
		t.consuming.Drain()
		t.consuming = nil
	}
}

func (t *tap) isDone() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// Stop ends consuming for good.
func (t *tap) Stop() { t.Drain() }

// Drain ends consuming for good.
func (t *tap) Drain() {
	t.end.Do(func() { close(t.done) })
	t.gate.mu.Lock()
	defer t.gate.mu.Unlock()
	t.close()
}

// Closed is closed when consuming has ended for good.
func (t *tap) Closed() <-chan struct{} { return t.done }
