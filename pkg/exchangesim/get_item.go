package exchangesim

import "slices"

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

// resolveItem finds an item by its id, or says with which code it fails. That may be for want of a permission on its folder.
func (c *call) resolveItem(id string) (*item, string) {
	ref, ok := parseObjectID(id)
	if !ok {
		return nil, "ErrorInvalidIdMalformed"
	}
	mb := c.s.org.byGUID[ref.mailbox]
	if mb == nil {
		return nil, "ErrorNonExistentMailbox"
	}
	it := mb.item(id)
	if it == nil {
		return nil, "ErrorItemNotFound"
	}
	if code := c.refused(it.folder, slices.Contains(readingItems, c.op.name.Local), "ErrorItemNotFound"); code != "" {
		return nil, code
	}
	return it, ""
}
