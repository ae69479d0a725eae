package exchangesim

// unsubscribe answers Unsubscribe. A stream that holds the subscription is told ErrorSubscriptionUnsubscribed.
func (c *call) unsubscribe() ([]message, *soapFault) {
	if len(c.log.SubscriptionIDs) != 1 {
		return nil, schemaFault("Unsubscribe has not exactly one SubscriptionId")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	now := c.s.now()
	sub, code := c.s.org.held(c.log.SubscriptionIDs[0], c.server, c.owner(), now)
	if code != "" {
		if c.s.cfg.Wire == WireGromox {
			code = "ErrorSubscriptionNotFound"
		}
		return []message{failure(code)}, nil
	}
	c.s.org.kill(sub, newDeath("unsubscribed", "ErrorSubscriptionUnsubscribed"), now)
	return []message{success("")}, nil
}
