package streamer

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// places are mailboxes of a group with their subscriptions, in the order of the
// addresses. They never change: the stage and its worker hold the same ones.
//
// There are as many of them as mailboxes. Their texts lie in one, without what all ids
// begin with: the ids of one mailbox server have most of it in common.
type places struct {
	texts string // the common beginning of the ids; then of each place the address and the rest of the id
	begin int    // where the first place's begin
	list  []place
}

type place struct {
	mailbox, id uint32 // where they end in texts
	since       ticks
}

// spot is one of the places.
type spot struct {
	in *places
	at int32
}

func (s spot) mailbox() messages.Address { return s.in.mailbox(int(s.at)) }

// id is that of the subscription, made for who asks.
func (s spot) id() messages.SubscriptionID { return s.in.id(int(s.at)) }

// since is Exchange's time of the subscription.
func (s spot) since() time.Time { return s.in.since(int(s.at)) }

// compareID orders by subscriptions.
func (s spot) compareID(other spot) int {
	if s.in == other.in {
		return s.in.compareIDs(int(s.at), int(other.at))
	}
	return s.in.compareID(int(s.at), other.id())
}

// placesOf packs the subscriptions of a message, which it does not keep.
func placesOf(subscriptions map[messages.Address]messages.Subscription) *places {
	mailboxes := slices.Sorted(maps.Keys(subscriptions))
	common := commonBeginning(subscriptions)
	size := len(common)
	for a, s := range subscriptions {
		size += len(a) + len(s.ID) - len(common)
	}
	p := &places{begin: len(common), list: make([]place, len(mailboxes))}
	var texts strings.Builder
	texts.Grow(size)
	texts.WriteString(common)
	for i, a := range mailboxes {
		s := subscriptions[a]
		texts.WriteString(string(a))
		p.list[i].mailbox = uint32(texts.Len())
		texts.WriteString(string(s.ID[len(common):]))
		p.list[i].id, p.list[i].since = uint32(texts.Len()), ticksOf(s.Since)
	}
	p.texts = texts.String()
	return p
}

// commonBeginning is what the ids of all subscriptions begin with.
func commonBeginning(subscriptions map[messages.Address]messages.Subscription) string {
	common, first := "", true
	for _, s := range subscriptions {
		if first {
			common, first = string(s.ID), false
		}
		n := 0
		for n < min(len(common), len(s.ID)) && common[n] == s.ID[n] {
			n++
		}
		common = common[:n]
	}
	return common
}

func (p *places) len() int { return len(p.list) }

func (p *places) mailbox(i int) messages.Address {
	from := p.begin
	if i > 0 {
		from = int(p.list[i-1].id)
	}
	return messages.Address(p.texts[from:p.list[i].mailbox])
}

func (p *places) since(i int) time.Time { return p.list[i].since.time() }

// id is made for who asks.
func (p *places) id(i int) messages.SubscriptionID {
	return messages.SubscriptionID(p.texts[:p.begin] + p.rest(i))
}

// rest is what an id says after the common beginning.
func (p *places) rest(i int) string { return p.texts[p.list[i].mailbox:p.list[i].id] }

// compareID says whether the id of a place comes before another (-1), after it (1), or is the same.
func (p *places) compareID(i int, id messages.SubscriptionID) int {
	begin := string(id[:min(len(id), p.begin)])
	return cmp.Or(cmp.Compare(p.texts[:p.begin], begin), cmp.Compare(p.rest(i), string(id[len(begin):])))
}

// compareIDs is the same of two places.
func (p *places) compareIDs(i, j int) int { return cmp.Compare(p.rest(i), p.rest(j)) }

// find is the place of a mailbox.
func (p *places) find(mailbox messages.Address) (int, bool) {
	return sort.Find(p.len(), func(i int) int { return cmp.Compare(mailbox, p.mailbox(i)) })
}

// only are the places of some of the mailboxes.
func (p *places) only(of func(messages.Address) bool) *places {
	var kept []int
	for i := range p.len() {
		if of(p.mailbox(i)) {
			kept = append(kept, i)
		}
	}
	if len(kept) == p.len() {
		return p
	}
	some := map[messages.Address]messages.Subscription{}
	for _, i := range kept {
		some[p.mailbox(i)] = messages.Subscription{ID: p.id(i), Since: p.since(i)}
	}
	return placesOf(some)
}
