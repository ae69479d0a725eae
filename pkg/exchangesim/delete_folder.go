package exchangesim

// deleteFolder answers DeleteFolder.
func (c *call) deleteFolder() ([]message, *soapFault) {
	form := c.op.attr("DeleteType")
	if !isDisposal(form) {
		return nil, schemaFault("DeleteType " + form)
	}
	return c.perFolder(func(f *folder) message {
		if f.wellKnown != "" {
			return failure("ErrorDeleteDistinguishedFolder")
		}
		c.s.org.disposeFolder(f, form, c.s.now())
		return success("")
	})
}
