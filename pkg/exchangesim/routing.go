package exchangesim

import (
	"slices"
	"strings"
)

// route finds the mailbox server that takes a request, as Microsoft's article on maintaining affinity says: the
// override cookie decides together with X-PreferServerAffinity; else X-AnchorMailbox; else the impersonated mailbox.
// What names none of them lands anywhere: on the next server in turn. Nil: no server is up.
//
// Other AffinityModes have other rules: the exchangecookie alone, or the impersonated mailbox alone.
func (o *organisation) route(anchor string, prefer bool, cookie, exchangeCookie, impersonated string) *mailboxServer {
	switch o.cfg.Affinity {
	case AffinityExchangeCookie:
		for _, m := range o.order {
			if m.up && strings.HasPrefix(exchangeCookie, m.digits()) {
				return m
			}
		}
		return o.nextServer()
	case AffinityMailbox:
		anchor, prefer = "", false
	}
	if m := o.cookieServer(cookie); prefer && m != nil {
		return m
	}
	for _, address := range []string{anchor, impersonated} {
		if mb := o.mailboxes[strings.ToLower(address)]; mb != nil {
			return mb.server
		}
	}
	return o.nextServer()
}

// cookieServer returns the server a cookie names; nil when the cookie is none, or stale because the server is unknown or
// down.
func (o *organisation) cookieServer(cookie string) *mailboxServer {
	name, ok := cookieServer(cookie)
	if m := o.servers[name]; ok && m != nil && m.up {
		return m
	}
	return nil
}

func (o *organisation) nextServer() *mailboxServer {
	for range o.order {
		o.turn = (o.turn + 1) % len(o.order)
		if o.order[o.turn].up {
			return o.order[o.turn]
		}
	}
	return nil
}

// concerned returns the addresses a request is about: the target mailbox, those its folder and item ids name, and those of
// its subscriptions.
func (c *call) concerned() []string {
	var found []string
	add := func(address string) {
		if address != "" && !slices.Contains(found, address) {
			found = append(found, address)
		}
	}
	if c.target != nil {
		add(c.target.address)
	}
	for _, ref := range append(c.folderRefs(), c.targetRefs()...) {
		if mb, _ := c.mailboxOf(ref); mb != nil {
			add(mb.address)
		}
	}
	for _, id := range c.itemRefs() {
		if ref, ok := parseObjectID(id.attr("Id")); ok {
			if mb := c.s.org.byGUID[ref.mailbox]; mb != nil {
				add(mb.address)
			}
		}
	}
	c.log.SubscriptionIDs = c.subscriptionIDs()
	for _, id := range c.log.SubscriptionIDs {
		if sub := c.s.org.subscriptions[id]; sub != nil {
			add(sub.Mailbox)
		}
	}
	return found
}

// subscriptionIDs returns the ids that GetStreamingEvents or Unsubscribe name.
func (c *call) subscriptionIDs() []string {
	var ids []string
	for _, n := range c.op.child(nsMessages, "SubscriptionIds").named(nsTypes, "SubscriptionId") {
		ids = append(ids, n.value())
	}
	if n := c.op.child(nsMessages, "SubscriptionId"); n != nil {
		ids = append(ids, n.value())
	}
	return ids
}
