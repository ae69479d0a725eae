package exchangesim

import "time"

// emptyFolder answers EmptyFolder: items and subfolders go the way DeleteItem and DeleteFolder send them.
func (c *call) emptyFolder() ([]message, *soapFault) {
	form, deep := c.op.attr("DeleteType"), c.op.attr("DeleteSubFolders")
	if !isDisposal(form) {
		return nil, schemaFault("DeleteType " + form)
	}
	if deep == "" {
		return nil, schemaFault("DeleteSubFolders is missing")
	}
	return c.perFolder(func(f *folder) message {
		if f.isCalendar() {
			return failure("ErrorCannotEmptyFolder")
		}
		now := c.s.now()
		var subfolders []*folder
		if isTrue(deep) {
			subfolders = f.subfolders()
		}
		for _, sub := range subfolders {
			if sub.wellKnown != "" {
				return failure("ErrorDeleteDistinguishedFolder")
			}
		}
		for _, it := range f.items() {
			if !it.hidden {
				c.s.org.dispose(it, form, now)
			}
		}
		for _, sub := range subfolders {
			c.s.org.disposeFolder(sub, form, now)
		}
		return success("")
	})
}

// isDisposal tells whether a DeleteType is one of the schema's.
func isDisposal(form string) bool {
	return form == "HardDelete" || form == "SoftDelete" || form == "MoveToDeletedItems"
}

// dispose deletes an item in the form of a DeleteType.
func (o *organisation) dispose(it *item, form string, now time.Time) {
	switch form {
	case "HardDelete":
		o.deleteItem(it, now)
	case "SoftDelete":
		o.softDelete(it, now)
	default:
		o.trash(it, now)
	}
}

// disposeFolder deletes a folder in the form of a DeleteType. A soft deletion is final here: folders cannot be recovered.
func (o *organisation) disposeFolder(f *folder, form string, now time.Time) {
	if form == "MoveToDeletedItems" && !f.descendsFrom(f.mailbox.distinguished("deleteditems")) {
		o.trashFolder(f, now)
		return
	}
	o.deleteFolder(f, now)
}
