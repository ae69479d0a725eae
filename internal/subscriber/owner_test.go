package subscriber

import (
	"maps"
	"slices"
	"sync"
	"testing/synctest"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// owner says which partitions a stage may decide: all but the foreign ones.
type owner struct {
	changes chan struct{} // of one place

	mu       sync.Mutex
	foreign  map[messages.Partition]bool
	yielding map[messages.Partition]func() // called when it is released
}

func newOwner() *owner {
	return &owner{changes: make(chan struct{}, 1), foreign: map[messages.Partition]bool{}, yielding: map[messages.Partition]func(){}}
}

func (o *owner) Owns(p messages.Partition) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.foreign[p]
}

func (o *owner) Changes() <-chan struct{} { return o.changes }

func (o *owner) Yielding() []messages.Partition {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(maps.Keys(o.yielding))
}

func (o *owner) Release(p messages.Partition) {
	o.mu.Lock()
	released := o.yielding[p]
	delete(o.yielding, p)
	o.mu.Unlock()
	if released != nil {
		released()
	}
}

// set says who owns an endpoint without telling the stage.
func (o *owner) set(url messages.Endpoint, owns bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.foreign[url.Partition()] = !owns
}

// tell says to the stage that something changed.
func (o *owner) tell() {
	select {
	case o.changes <- struct{}{}:
	default:
	}
}

// give says who owns an endpoint, at once, and tells the stage.
func (o *owner) give(url messages.Endpoint, owns bool) {
	o.set(url, owns)
	o.tell()
	synctest.Wait()
}

// yield has an endpoint go to another process when it is released.
func (o *owner) yield(url messages.Endpoint, to *owner, released func()) {
	o.set(url, false)
	o.mu.Lock()
	o.yielding[url.Partition()] = func() {
		released()
		to.set(url, true)
		to.tell()
	}
	o.mu.Unlock()
	o.tell()
	synctest.Wait()
}
