package exchangesim

import (
	"slices"
	"strconv"
	"time"
)

// eventTypes are the legal EventType values of a Subscribe (types.xsd); StatusEvent is not among them.
var eventTypes = []string{"CopiedEvent", "CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent", "NewMailEvent", "FreeBusyChangedEvent"}

// subscription is a living subscription with the events that wait for a stream, or for GetEvents.
type subscription struct {
	*Subscription
	mailbox *mailbox
	server  *mailboxServer
	folders map[*folder]bool // nil: all folders
	types   []string
	sparse  bool // sees items only come, see WireGromox

	pull      *pullLog // nil: of the streaming kind
	waiting   []*event
	missed    bool // the queue overflowed and nobody was told
	stream    *stream
	ready     bool      // in the stream's list of those
	idleSince time.Time // without a stream
}

// subscribe makes a subscription on a server.
func (o *organisation) subscribe(server *mailboxServer, mb *mailbox, account string, folders map[*folder]bool, types []string, now time.Time) *subscription {
	o.created++
	unique := newGUID("subscription", mb.address, strconv.FormatUint(o.created, 10), strconv.FormatInt(now.UnixNano(), 10))
	id := newSubscriptionID(o.cfg.SubscriptionIDs, server.name, unique, now, mb.guid)
	if o.cfg.SubscriptionIDs == SubscriptionIDCounter {
		id = newCounterID(o.created, o.cfg.SubscriptionLife/o.cfg.Minute)
	}
	sub := &subscription{
		Subscription: &Subscription{ID: id, Mailbox: mb.address, Server: server.name, Account: account, Created: now},
		mailbox:      mb, server: server, folders: folders, types: types, idleSince: now,
		sparse: o.cfg.Wire == WireGromox && folders != nil,
	}
	o.subscriptions[id] = sub
	o.everySub.add(sub.Subscription)
	server.held[sub] = struct{}{}
	mb.subscriptions = append(mb.subscriptions, sub)
	return sub
}

// wants tells whether the subscription covers an event: by type, and by the folder concerned, the folder it lies in or
// the folder it came from.
func (sub *subscription) wants(e *event) bool {
	if !slices.Contains(sub.types, e.Type) {
		return false
	}
	if sub.folders == nil {
		return !e.FoldersOnly
	}
	if sub.sparse && e.ItemID != "" && e.Type != "CreatedEvent" && e.Type != "NewMailEvent" {
		return false
	}
	return !e.AllItems && (sub.folders[e.folder] || sub.folders[e.parent] || sub.folders[e.oldParent])
}

// queue keeps an event for the stream. An overflow drops the whole queue.
func (sub *subscription) queue(e *event, limit int) {
	if sub.pull != nil {
		sub.pull.add(e, limit)
		return
	}
	if len(sub.waiting) >= limit {
		sub.waiting, sub.missed = nil, true
		if sub.stream != nil {
			sub.stream.tell(newNotice(missedEvents, sub.ID))
			sub.missed = false
		}
	}
	sub.waiting = append(sub.waiting, e)
	if sub.stream != nil {
		sub.stream.hasEvents(sub)
	}
}

// next takes up to n events from the queue.
func (sub *subscription) next(n int) []*event {
	n = min(n, len(sub.waiting))
	events := sub.waiting[:n:n]
	sub.waiting = sub.waiting[n:]
	if len(sub.waiting) == 0 {
		sub.waiting = nil
	}
	return events
}

// death says how a subscription ends and what its stream is told.
type death struct {
	why    string
	notice notice
	late   bool // the stream learns it at the next heartbeat
}

func newDeath(why, code string) death {
	return death{why: why, notice: notice{message: failure(code)}}
}

// kill ends a subscription.
func (o *organisation) kill(sub *subscription, d death, now time.Time) {
	sub.Ended, sub.EndedWhy = now, d.why
	delete(o.subscriptions, sub.ID)
	delete(sub.server.held, sub)
	sub.mailbox.subscriptions = slices.DeleteFunc(sub.mailbox.subscriptions, func(other *subscription) bool { return other == sub })
	sub.waiting = nil
	if st := sub.stream; st != nil {
		st.lose(sub, d.notice.about(sub.ID), d.late)
	}
}

// expire ends a subscription whose time without a stream, or without GetEvents, is over.
func (o *organisation) expire(sub *subscription, now time.Time) bool {
	life := o.cfg.SubscriptionLife
	if sub.pull != nil {
		life = sub.pull.timeout
	}
	end := sub.idleSince.Add(life)
	if sub.stream != nil || now.Before(end) {
		return false
	}
	o.kill(sub, death{why: "expired"}, end)
	return true
}

func (o *organisation) expireAllOf(mb *mailbox, now time.Time) {
	for _, sub := range slices.Clone(mb.subscriptions) {
		o.expire(sub, now)
	}
}

// expireAll ends every subscription that is due, so that counts are right.
func (o *organisation) expireAll(now time.Time) {
	for _, sub := range o.subscriptions {
		o.expire(sub, now)
	}
}
