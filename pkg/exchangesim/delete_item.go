package exchangesim

// deleteItem answers DeleteItem in its three forms.
func (c *call) deleteItem() ([]message, *soapFault) {
	form := c.op.attr("DeleteType")
	if form != "HardDelete" && form != "SoftDelete" && form != "MoveToDeletedItems" {
		return nil, schemaFault("DeleteType " + form)
	}
	return c.perItem(failure, func(it *item, _ *node) message {
		switch now := c.s.now(); form {
		case "HardDelete":
			c.s.org.deleteItem(it, now)
		case "SoftDelete":
			c.s.org.softDelete(it, now)
		default:
			c.s.org.trash(it, now)
		}
		return success("")
	})
}
