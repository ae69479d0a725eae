package exchangesim

// getUserConfiguration answers GetUserConfiguration: clients keep none here, so there is none to find.
func (c *call) getUserConfiguration() ([]message, *soapFault) {
	name := c.op.child(nsMessages, "UserConfigurationName")
	ref := name.first()
	if name.attr("Name") == "" || ref == nil {
		return nil, schemaFault("UserConfigurationName has no Name or names no folder")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if _, code := c.resolve(ref); code != "" {
		return []message{failure(code)}, nil
	}
	return []message{failure("ErrorItemNotFound")}, nil
}
