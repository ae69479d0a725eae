package exchangesim

// getItem answers GetItem, with a message for each id in the order of the request.
func (c *call) getItem() ([]message, *soapFault) {
	ids, sh := c.op.child(nsMessages, "ItemIds").named(nsTypes, "ItemId"), readShape(c.op.child(nsMessages, "ItemShape"))
	if len(ids) == 0 {
		return nil, schemaFault("ItemIds is empty")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, id := range ids {
		it, code := c.resolveItem(id.attr("Id"))
		if code != "" {
			m := failure(code)
			m.inner = `<m:Items/>` // the schema wants it
			messages = append(messages, m)
			continue
		}
		x := &xmlBuffer{}
		x.raw(`<m:Items>`)
		it.render(x, sh, false)
		messages = append(messages, success(string(x.raw(`</m:Items>`).b)))
	}
	return messages, nil
}

// resolveItem finds an item by its id, or says with which code it fails. As with folders, with accounts configured only
// the owner and who impersonates the owner may see it.
func (c *call) resolveItem(id string) (*item, string) {
	ref, ok := parseObjectID(id)
	if !ok {
		return nil, "ErrorInvalidIdMalformed"
	}
	mb := c.s.org.byGUID[ref.mailbox]
	switch {
	case mb == nil:
		return nil, "ErrorNonExistentMailbox"
	case mb != c.target && c.account != "":
		return nil, "ErrorAccessDenied"
	}
	if it := mb.item(id); it != nil {
		return it, ""
	}
	return nil, "ErrorItemNotFound"
}
