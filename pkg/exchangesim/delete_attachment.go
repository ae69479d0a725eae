package exchangesim

import "slices"

// deleteAttachment answers DeleteAttachment, with a message for each id in the order of the request.
func (c *call) deleteAttachment() ([]message, *soapFault) {
	return c.perAttachment(failure, func(it *item, a attachment) message {
		e := newEdit(it)
		e.attachments = slices.DeleteFunc(slices.Clone(e.attachments), func(own attachment) bool { return own.number == a.number })
		e.written = true
		c.s.org.update(it, e, c.s.now())
		x := &xmlBuffer{}
		return success(string(x.raw(`<m:RootItemId RootItemId="`, it.id, `" RootItemChangeKey="`, it.changeKey(), `" />`).b))
	})
}
