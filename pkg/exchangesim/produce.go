package exchangesim

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"
)

// Produce has users work in all mailboxes until ctx ends or the server is closed: mails come, are read, filed, copied
// and deleted in all ways, drafts are saved, meetings come and are accepted. rate is the number of changes in a second over all mailboxes; the same seed makes
// the same choices. What one user does to an item often follows at once, so that an item changes several times within
// a second.
func (s *Server) Produce(ctx context.Context, rate float64, seed int64) {
	if rate <= 0 || !s.start() {
		return
	}
	defer s.running.Done()
	p := &producer{s: s, random: rand.New(rand.NewPCG(uint64(seed), 0)), recent: map[string]Item{}}
	tick := max(time.Duration(float64(time.Second)/rate), time.Millisecond)
	timer := time.NewTicker(tick)
	defer timer.Stop()
	start, made := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.done:
			return
		case <-timer.C:
		}
		for due := int(time.Since(start).Seconds() * rate); made < due && ctx.Err() == nil; made++ {
			p.step()
		}
	}
}

// producer plays the users.
type producer struct {
	s      *Server
	random *rand.Rand
	recent map[string]Item // the item each user worked on last
	busy   string          // the user who goes on with that item
}

// step makes one change in some mailbox.
func (p *producer) step() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	mb := p.pick()
	if mb == nil {
		return
	}
	it := mb.item(p.recent[mb.address].ID)
	if it = p.change(mb, it); it == nil {
		delete(p.recent, mb.address)
		p.busy = ""
		return
	}
	p.recent[mb.address] = it.public()
	if p.busy = ""; p.random.IntN(3) == 0 {
		p.busy = mb.address
	}
}

// pick chooses the mailbox: that of the busy user, or any.
func (p *producer) pick() *mailbox {
	if mb := p.s.org.mailboxes[p.busy]; mb != nil {
		return mb
	}
	all := p.s.org.inOrder
	if len(all) == 0 {
		return nil
	}
	return all[p.random.IntN(len(all))]
}

// crowded is the number of items from which on a mailbox is only emptied.
const crowded = 200

// change does one thing a user does, and returns the item to go on with.
func (p *producer) change(mb *mailbox, it *item) *item {
	o, now := p.s.org, p.s.now()
	roll := p.random.IntN(100)
	switch {
	case len(mb.items) >= crowded:
		o.deleteItem(mb.oldest(), now)
		return nil
	case roll < 3:
		return o.invite(mb, now)
	case roll < 8:
		return o.accept(mb, now)
	case roll < 10:
		return o.saveDraft(mb, now)
	case it == nil:
		return o.deliver(mb, nil, now)
	case roll < 40:
		o.markRead(it, now)
		return it
	case roll < 60:
		return o.move(it, p.folder(mb), now)
	case roll < 68:
		return o.copyItem(it, p.folder(mb), now)
	case roll < 90:
		o.dispose(it, []string{"HardDelete", "MoveToDeletedItems", "SoftDelete"}[roll%3], now)
		return nil
	}
	return o.deliver(mb, nil, now)
}

// folder chooses where a user files an item.
func (p *producer) folder(mb *mailbox) *folder {
	names := strings.Fields("inbox deleteditems junkemail notes sentitems")
	return mb.distinguished(names[p.random.IntN(len(names))])
}
