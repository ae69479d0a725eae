package httpauth

import (
	"slices"
	"sync"
	"time"
)

// pool keeps the idle slots of a transport, by scheme and host. A slot that is checked out is in no list.
type pool struct {
	max     int
	timeout time.Duration

	mu    sync.Mutex
	count int
	idle  map[string][]idleSlot
}

type idleSlot struct {
	*slot
	expiry *time.Timer
}

func newPool(max int, timeout time.Duration) *pool {
	return &pool{max: max, timeout: timeout, idle: map[string][]idleSlot{}}
}

// take checks out the slot that was used last, nil if none is idle.
func (p *pool) take(key string) *slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[key]
	if len(list) == 0 {
		return nil
	}
	return p.remove(key, len(list)-1)
}

// put checks a slot in, or closes it if there are enough.
func (p *pool) put(key string, s *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count >= p.max {
		s.close()
		return
	}
	p.count++
	p.idle[key] = append(p.idle[key], idleSlot{s, time.AfterFunc(p.timeout, func() { p.expire(key, s) })})
}

func (p *pool) expire(key string, s *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.idle[key], func(i idleSlot) bool { return i.slot == s }); i >= 0 {
		p.remove(key, i)
		s.close()
	}
}

// remove takes a slot out of its list; the lock is held.
func (p *pool) remove(key string, i int) *slot {
	list := p.idle[key]
	s := list[i]
	s.expiry.Stop()
	p.count--
	if list = slices.Delete(list, i, i+1); len(list) == 0 {
		delete(p.idle, key)
	} else {
		p.idle[key] = list
	}
	return s.slot
}

// closeAll closes the slots that are idle now.
func (p *pool) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, list := range p.idle {
		for range list {
			p.remove(key, 0).close()
		}
	}
}
