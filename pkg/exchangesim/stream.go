package exchangesim

import (
	"maps"
	"slices"
	"time"
)

// stream is the state of one GetStreamingEvents connection: what it still has to tell. The handler of the request takes
// that and writes it; everybody else only adds to it and wakes the handler.
type stream struct {
	*Connection
	charged string
	subs    map[*subscription]struct{}
	ready   []*subscription // have events; each once
	notices []notice        // errors to be told at once
	late    []notice        // errors to be told with the next heartbeat
	silent  bool            // delivers nothing more, see BadIDGoodFallSilent
	end     ending
	wake    chan struct{} // capacity 1
	unblock func()        // makes a blocked write fail
	wrote   time.Time     // when the last envelope was
}

// notice is an in-band error that names ids; with none it is about the stream.
type notice struct {
	message
	ids []string
}

func newNotice(code, id string) notice { return notice{message: failure(code)}.about(id) }

// about names an id.
func (n notice) about(id string) notice {
	n.ids = []string{id}
	return n
}

// missedEvents is the one code after which a subscription goes on.
const missedEvents = "ErrorMissedNotificationEvents"

// ending says that a stream must end, and how.
type ending struct {
	why    string
	closed bool // with an envelope that says Closed
	abrupt bool // without the end of the HTTP body
}

// delivery is the events of one subscription inside one envelope.
type delivery struct {
	sub    *subscription
	events []*event
}

// Limits of one envelope.
const (
	eventsPerNotification = 50 // GetStreamingEvents reference: the first 50 queued events
	eventsPerEnvelope     = 2000
)

func (st *stream) signal() {
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

// hasEvents notes that a subscription has something to deliver.
func (st *stream) hasEvents(sub *subscription) {
	if st.silent || sub.ready {
		return
	}
	sub.ready = true
	st.ready = append(st.ready, sub)
	st.signal()
}

// tell has the stream tell an error at once, in one message with others of the same code.
func (st *stream) tell(n notice) {
	st.notices = addNotice(st.notices, n)
	st.signal()
}

func addNotice(notices []notice, n notice) []notice {
	for i := range notices {
		if notices[i].code == n.code {
			notices[i].ids = append(notices[i].ids, n.ids...)
			return notices
		}
	}
	return append(notices, n)
}

// lose takes a dead subscription from the stream, which is told why.
func (st *stream) lose(sub *subscription, n notice, late bool) {
	st.release(sub)
	if late {
		st.late = addNotice(st.late, n)
		return
	}
	st.tell(n)
}

// release parts the stream and a subscription.
func (st *stream) release(sub *subscription) {
	delete(st.subs, sub)
	st.ready = slices.DeleteFunc(st.ready, func(other *subscription) bool { return other == sub })
	sub.stream = nil
}

// finish has the stream end. The first ending counts, but an abrupt one overrules a polite one.
func (st *stream) finish(e ending) {
	if st.end.why == "" || e.abrupt && !st.end.abrupt {
		st.end = e
	}
	if e.abrupt {
		st.unblock()
	}
	st.signal()
}

// openStream attaches the subscriptions of a new stream and takes them from older ones. Ids it cannot serve become
// notices.
func (o *organisation) openStream(st *stream, server *mailboxServer, account string, ids []string, now time.Time) {
	o.opened++
	st.Number, st.IDs, st.Opened, st.Server = o.opened, ids, now, server.name
	o.connections.add(st.Connection)
	o.streams[st] = struct{}{}
	o.hanging[st.charged]++
	for _, id := range ids {
		sub, code := o.held(id, server, account, now)
		if code == "" && sub.pull != nil {
			code = "ErrorInvalidSubscription"
		}
		if code != "" {
			st.notices = addNotice(st.notices, newNotice(code, id))
			continue
		}
		o.attach(st, sub)
	}
}

// held finds the living subscription of an id on a server, or says with which code the id fails.
func (o *organisation) held(id string, server *mailboxServer, account string, now time.Time) (*subscription, string) {
	sub := o.subscriptions[id]
	switch {
	case sub == nil && !looksLikeSubscriptionID(id):
		return nil, "ErrorInvalidSubscription"
	case sub == nil || sub.server != server || o.expire(sub, now):
		return nil, o.cfg.unknownID("ErrorSubscriptionNotFound")
	case sub.Account != account:
		return nil, o.cfg.unknownID("ErrorSubscriptionAccessDenied")
	}
	return sub, ""
}

// attach gives a subscription to a stream. An older stream that has it is told so and ends.
func (o *organisation) attach(st *stream, sub *subscription) {
	if old := sub.stream; old != nil && old != st {
		old.release(sub)
		if o.cfg.EndOfStolenStream == StolenErrorCode {
			old.tell(newNotice("ErrorNewEventStreamConnectionOpened", sub.ID))
		}
		old.finish(ending{why: "stolen", closed: true})
	}
	sub.stream, sub.ready = st, false
	st.subs[sub] = struct{}{}
	if sub.missed {
		sub.missed = false
		st.tell(newNotice(missedEvents, sub.ID))
	}
	if len(sub.waiting) > 0 {
		st.hasEvents(sub)
	}
}

// closeStream frees what an ended stream held. Its subscriptions live on and queue.
func (o *organisation) closeStream(st *stream, why string, now time.Time) {
	st.Ended, st.EndedWhy = now, why
	for sub := range st.subs {
		sub.stream, sub.idleSince = nil, now
	}
	delete(o.streams, st)
	if o.hanging[st.charged]--; o.hanging[st.charged] == 0 {
		delete(o.hanging, st.charged)
	}
}

// streamsOf returns the open streams that carry one of the mailboxes; with none given, all.
func (o *organisation) streamsOf(addresses map[string]bool) []*stream {
	found := slices.SortedFunc(maps.Keys(o.streams), func(a, b *stream) int { return a.Number - b.Number })
	return slices.DeleteFunc(found, func(st *stream) bool { return len(addresses) > 0 && !st.carries(addresses) })
}

func (st *stream) carries(addresses map[string]bool) bool {
	for sub := range st.subs {
		if addresses[sub.Mailbox] {
			return true
		}
	}
	return false
}

// takeErrors returns the errors that must be told now; at a heartbeat also the late ones. With an error that is not
// merely about missed events the mode BadIDGoodFallSilent begins.
func (st *stream) takeErrors(heartbeat bool, mode BadIDMode) []notice {
	if heartbeat {
		st.notices, st.late = append(st.notices, st.late...), nil
	}
	told := st.notices
	st.notices = nil
	for _, n := range told {
		if mode == BadIDGoodFallSilent && n.code != missedEvents {
			st.silent, st.ready = true, nil
		}
	}
	if len(told) > 0 && len(st.subs) == 0 && len(st.late) == 0 {
		st.finish(ending{why: "no ids", closed: true})
	}
	return told
}

// takeEvents removes the next events from the queues, at most 50 for each notification.
func (st *stream) takeEvents() []delivery {
	var taken []delivery
	total := 0
	for len(st.ready) > 0 && total < eventsPerEnvelope {
		sub := st.ready[0]
		st.ready, sub.ready = st.ready[1:], false
		events := sub.next(eventsPerNotification)
		taken = append(taken, delivery{sub, events})
		total += len(events)
	}
	for _, d := range taken {
		if len(d.sub.waiting) > 0 {
			st.hasEvents(d.sub)
		}
	}
	if len(st.ready) > 0 {
		st.signal()
	}
	return taken
}
