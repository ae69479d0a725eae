package exchangesim

// deleteItem answers DeleteItem in its three forms.
func (c *call) deleteItem() ([]message, *soapFault) {
	form := c.op.attr("DeleteType")
	if !isDisposal(form) {
		return nil, schemaFault("DeleteType " + form)
	}
	return c.perItem(failure, func(it *item, _ *node) message {
		c.s.org.dispose(it, form, c.s.now())
		return success("")
	})
}
