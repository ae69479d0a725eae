package exchangesim

// getItem answers GetItem.
func (c *call) getItem() ([]message, *soapFault) {
	sh := readShape(c.op.child(nsMessages, "ItemShape"))
	return c.perItem(itemFailure, func(it *item, _ *node) message {
		x := &xmlBuffer{}
		x.raw(`<m:Items>`)
		it.render(x, sh, false)
		return success(string(x.raw(`</m:Items>`).b))
	})
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
