package exchangesim

import (
	"slices"
)

// subscribe answers Subscribe for streaming and pull subscriptions.
func (c *call) subscribe() ([]message, *soapFault) {
	request, log, f := c.subscriptionRequest()
	if f != nil {
		return nil, f
	}
	if request == nil {
		return []message{{code: "ErrorInvalidSubscriptionRequest", text: "This server has streaming and pull subscriptions only."}}, nil
	}
	types, f := subscribedTypes(request)
	if f != nil {
		return nil, f
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	folders, mb, code := c.subscribedFolders(request)
	if code == "" {
		code = c.mayNotSubscribe(mb, folders)
	}
	if code == "ErrorMissingEmailAddress" {
		return nil, newFault(code)
	}
	if code != "" {
		return []message{failure(code)}, nil
	}
	c.setNew = c.log.AnchorMailbox != "" && c.log.PreferServerAffinity && c.s.org.cookieServer(c.log.Cookie) == nil
	sub := c.s.org.subscribe(c.server, mb, c.owner(), folders, types, c.s.now())
	x := (&xmlBuffer{}).element("m:SubscriptionId", sub.ID)
	if log != nil {
		sub.pull, sub.Pull = log, true
		if !c.s.org.beginAt(sub, request.child(nsTypes, "Watermark").value()) {
			c.s.org.kill(sub, death{why: "unsubscribed"}, c.s.now())
			return []message{failure("ErrorInvalidWatermark")}, nil
		}
		x.element("m:Watermark", mb.watermark(log.forgotten))
	}
	return []message{success(string(x.b))}, nil
}

// subscriptionRequest finds the request of either kind, with the log of a pull subscription; nil if it is of neither.
func (c *call) subscriptionRequest() (*node, *pullLog, *soapFault) {
	if request := c.op.child(nsMessages, "PullSubscriptionRequest"); request != nil {
		log, f := c.newPullLog(request)
		return request, log, f
	}
	return c.op.child(nsMessages, "StreamingSubscriptionRequest"), nil, nil
}

// subscribedTypes reads the event types, of which the schema demands at least one.
func subscribedTypes(request *node) ([]string, *soapFault) {
	var types []string
	for _, n := range request.child(nsTypes, "EventTypes").named(nsTypes, "EventType") {
		if !slices.Contains(eventTypes, n.value()) {
			return nil, schemaFault("EventType " + n.value())
		}
		types = append(types, n.value())
	}
	if len(types) == 0 {
		return nil, schemaFault("EventTypes is empty")
	}
	return types, nil
}

// subscribedFolders resolves the folders, nil for all, and the one mailbox they belong to.
func (c *call) subscribedFolders(request *node) (map[*folder]bool, *mailbox, string) {
	refs := request.child(nsTypes, "FolderIds").all()
	if all := request.attr("SubscribeToAllFolders"); all == "true" || all == "1" {
		if len(refs) > 0 {
			return nil, nil, "ErrorInvalidSubscriptionRequest"
		}
		return nil, c.target, missing(c.target)
	}
	if len(refs) == 0 {
		return nil, nil, "ErrorInvalidSubscriptionRequest"
	}
	folders := map[*folder]bool{}
	var mb *mailbox
	for _, ref := range refs {
		f, code := c.resolve(ref)
		if code != "" {
			return nil, nil, code
		}
		if mb != nil && mb != f.mailbox {
			return nil, nil, "ErrorInvalidSubscriptionRequest" // several mailboxes in one call
		}
		mb, folders[f] = f.mailbox, true
	}
	return folders, mb, ""
}

func missing(mb *mailbox) string {
	if mb == nil {
		return "ErrorMissingEmailAddress"
	}
	return ""
}

// mayNotSubscribe says why the mailbox cannot be subscribed on the server that the request was routed to.
func (c *call) mayNotSubscribe(mb *mailbox, folders map[*folder]bool) string {
	c.s.org.expireAllOf(mb, c.s.now())
	limit := c.s.org.budget.MaxSubscriptions
	switch {
	case !c.maySubscribe(folders):
		return "ErrorSubscriptionDelegateAccessNotSupported"
	case mb.server != c.server && !c.server.inSite(mb.grouping):
		return "ErrorProxyRequestNotAllowed"
	case limit > 0 && c.subscriptionsOf(mb) >= limit:
		return "ErrorExceededSubscriptionCount"
	}
	return ""
}
