package exchangesim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// look takes the view. The filter is a part of the addresses of the mailboxes and subscriptions to show.
func (s *Server) look(filter string) pageView {
	v := pageView{Filter: filter, Now: s.now(), Version: s.cfg.product(), AnyMailbox: "user0001@sim.test"}
	for _, f := range s.Faults() {
		v.Faults.Rows = append(v.Faults.Rows, faultRow{f, f.Answer.describe()})
	}
	v.Faults.Total = len(v.Faults.Rows)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.expireAll(v.Now)
	v.Counts = s.org.totals()
	v.lookAtMailboxes(s.org, strings.ToLower(strings.TrimSpace(filter)))
	v.lookAtStreams(s.org)
	v.lookAtHistory(s.org)
	return v
}

func (v *pageView) lookAtMailboxes(o *organisation, filter string) {
	v.Mailboxes.Total, v.Subscriptions.Total = len(o.inOrder), len(o.subscriptions)
	if len(o.inOrder) > 0 {
		v.AnyMailbox = o.inOrder[0].address
	}
	for _, mb := range o.inOrder {
		if v.Mailboxes.full() && v.Subscriptions.full() {
			return
		}
		if !strings.Contains(mb.address, filter) {
			continue
		}
		if !v.Mailboxes.full() {
			v.Mailboxes.Rows = append(v.Mailboxes.Rows, mailboxRow{mb.address, mb.server.name, mb.grouping,
				len(mb.items), mb.distinguished("inbox").unread, len(mb.subscriptions)})
		}
		for _, sub := range mb.subscriptions {
			if !v.Subscriptions.full() {
				v.Subscriptions.Rows = append(v.Subscriptions.Rows, v.subscription(sub))
			}
		}
	}
}

func (v *pageView) subscription(sub *subscription) subscriptionRow {
	row := subscriptionRow{Subscription: *sub.Subscription, Folders: "all", Waiting: len(sub.waiting), New: v.new(sub.Created)}
	if sub.folders != nil {
		var names []string
		for f := range sub.folders {
			names = append(names, cmp.Or(f.wellKnown, f.name))
		}
		slices.Sort(names)
		row.Folders = strings.Join(names, ", ")
	}
	if sub.stream != nil {
		row.Stream = sub.stream.Number
	} else {
		row.Idle = age(v.Now.Sub(sub.idleSince))
	}
	return row
}

func (v *pageView) lookAtStreams(o *organisation) {
	streams := map[string]int{}
	open := o.streamsOf(nil)
	v.Connections.Total = len(open)
	for _, st := range open {
		streams[st.Server]++
		if v.Connections.full() {
			continue
		}
		var carried []string
		for _, sub := range st.inOrder() {
			carried = append(carried, sub.Mailbox)
		}
		v.Connections.Rows = append(v.Connections.Rows, connectionRow{Connection: *st.Connection, IDCount: len(st.subs),
			Carried: strings.Join(carried, ", "), Age: age(v.Now.Sub(st.Opened)), Wrote: v.ago(st.wrote), New: v.new(st.Opened)})
	}
	v.Servers.Total = len(o.order)
	for _, m := range o.order[:min(len(o.order), shownRows)] {
		v.Servers.Rows = append(v.Servers.Rows, serverRow{m.name, m.up, len(m.mailboxes), len(m.held), streams[m.name]})
	}
}

// lookAtHistory shows the newest first.
func (v *pageView) lookAtHistory(o *organisation) {
	v.Requests.Total, v.Changes.Total = o.requests.next(), o.changes.next()
	for _, r := range newest(o.requests.latest(), shownRows) {
		v.Requests.Rows = append(v.Requests.Rows, requestRow{Request: r, New: v.new(r.At), Class: r.class(),
			First: r.first(), About: strings.Join(r.Mailboxes, ", ")})
	}
	for _, c := range newest(o.changes.latest(), 15) {
		v.Changes.Rows = append(v.Changes.Rows, changeRow{c, v.new(c.At)})
	}
}

func newest[T any](all []T, n int) []T {
	last := slices.Clone(all[max(0, len(all)-n):])
	slices.Reverse(last)
	return last
}

func (v *pageView) ago(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return age(v.Now.Sub(at)) + " ago"
}

func (v *pageView) new(at time.Time) bool { return v.Now.Sub(at) < fresh }
