package exchangesim

// deleteFolder answers DeleteFolder. A soft deletion is final here: folders cannot be recovered.
func (c *call) deleteFolder() ([]message, *soapFault) {
	form := c.op.attr("DeleteType")
	if form != "HardDelete" && form != "SoftDelete" && form != "MoveToDeletedItems" {
		return nil, schemaFault("DeleteType " + form)
	}
	return c.perFolder(func(f *folder) message {
		now, trash := c.s.now(), f.mailbox.distinguished("deleteditems")
		switch {
		case f.wellKnown != "":
			return failure("ErrorDeleteDistinguishedFolder")
		case form == "MoveToDeletedItems" && !f.descendsFrom(trash):
			c.s.org.trashFolder(f, now)
		default:
			c.s.org.deleteFolder(f, now)
		}
		return success("")
	})
}
