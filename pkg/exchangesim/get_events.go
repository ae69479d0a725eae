package exchangesim

import (
	"strconv"
)

// getEvents answers GetEvents: at most fifty events after the watermark, or a StatusEvent when there is none.
func (c *call) getEvents() ([]message, *soapFault) {
	if len(c.log.SubscriptionIDs) != 1 {
		return nil, schemaFault("GetEvents has not exactly one SubscriptionId")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	now := c.s.now()
	sub, code := c.s.org.held(c.log.SubscriptionIDs[0], c.server, c.owner(), now)
	switch {
	case code != "":
		return []message{failure(code)}, nil
	case sub.pull == nil:
		return []message{failure("ErrorInvalidPullSubscriptionId")}, nil
	}
	watermark := c.op.child(nsMessages, "Watermark").value()
	seq, ok := sub.mailbox.readWatermark(watermark)
	events, kept := sub.pull.since(seq)
	switch {
	case !ok || seq > c.s.org.counts.Events:
		return []message{failure("ErrorInvalidWatermark")}, nil
	case !kept:
		return []message{failure("ErrorEventNotFound")}, nil
	}
	sub.idleSince = now
	more := len(events) > eventsPerNotification
	if more {
		events = events[:eventsPerNotification]
	}
	x := &xmlBuffer{}
	x.raw("<m:Notification>").element("t:SubscriptionId", sub.ID).element("t:PreviousWatermark", watermark)
	x.element("t:MoreEvents", strconv.FormatBool(more))
	for _, e := range events {
		e.renderWith(x, sub.mailbox.watermark(e.Seq))
	}
	if len(events) == 0 {
		x.raw("<t:StatusEvent>").element("t:Watermark", watermark).raw("</t:StatusEvent>")
	}
	return []message{success(string(x.raw("</m:Notification>").b))}, nil
}
