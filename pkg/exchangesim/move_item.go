package exchangesim

import "time"

// moveItem answers MoveItem.
func (c *call) moveItem() ([]message, *soapFault) { return c.transfer(c.s.org.move) }

// copyItem answers CopyItem.
func (c *call) copyItem() ([]message, *soapFault) { return c.transfer(c.s.org.copyItem) }

// transfer moves or copies items, and answers with the new ids unless the client does not want them.
func (c *call) transfer(do func(*item, *folder, time.Time) *item) ([]message, *soapFault) {
	if c.op.child(nsMessages, "ToFolderId").first() == nil {
		return nil, schemaFault("ToFolderId is missing")
	}
	silent := c.op.child(nsMessages, "ReturnNewItemIds").value()
	return c.perItem(itemFailure, func(it *item, _ *node) message {
		to, code := c.targetFolder(c.op.child(nsMessages, "ToFolderId"), "")
		switch {
		case code == "ErrorFolderNotFound":
			return itemFailure("ErrorToFolderNotFound")
		case code != "":
			return itemFailure(code)
		case to.mailbox.isFull():
			return itemFailure("ErrorQuotaExceeded")
		}
		made := do(it, to, c.s.now())
		if silent == "false" || silent == "0" {
			return success(noItems)
		}
		return itemIDs(made)
	})
}
