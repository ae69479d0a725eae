package exchangesim

import (
	"strings"
	"time"
)

// sendItem answers SendItem: a saved message is sent, and moved to Sent Items or another folder if it is to be kept.
func (c *call) sendItem() ([]message, *soapFault) {
	keep := c.op.attr("SaveItemToFolder")
	if keep == "" {
		return nil, schemaFault("SaveItemToFolder is missing")
	}
	return c.perItem(failure, func(it *item, id *node) message {
		switch {
		case id.attr("ChangeKey") == "":
			return failure("ErrorChangeKeyRequiredForWriteOperations")
		case id.attr("ChangeKey") != it.changeKey():
			return failure("ErrorStaleObject")
		}
		_, code := c.send(it, isTrue(keep), c.s.now())
		if code != "" {
			return failure(code)
		}
		return success("")
	})
}

// send sends an item and returns the copy kept, or a response code.
func (c *call) send(it *item, keep bool, now time.Time) (*item, string) {
	if len(it.says().recipients()) == 0 {
		return nil, "ErrorInvalidRecipients"
	}
	to, code := c.targetFolder(c.op.child(nsMessages, "SavedItemFolderId"), "sentitems")
	switch {
	case !keep:
	case code == "ErrorMissingEmailAddress":
		to = it.folder.mailbox.distinguished("sentitems")
	case code != "":
		return nil, code
	case to.mailbox != it.folder.mailbox:
		return nil, "ErrorAccessDenied"
	}
	says := it.says()
	var kept *item
	if keep {
		kept = c.s.org.sent(it, to, now)
	} else {
		c.s.org.deleteItem(it, now)
	}
	c.s.org.post(says, now)
	return kept, ""
}

// post delivers a message to its recipients, once each. Addresses that are nobody's, and full mailboxes, get nothing.
func (o *organisation) post(says *content, now time.Time) {
	seen, open := map[string]bool{}, says.withoutBcc()
	for _, a := range says.recipients() {
		address := strings.ToLower(a.Address)
		mb := o.mailboxes[address]
		if mb == nil || seen[address] || mb.isFull() {
			continue
		}
		seen[address] = true
		o.deliver(mb, open, now)
	}
}

// sent moves a message that was sent to the folder that keeps it.
func (o *organisation) sent(it *item, to *folder, now time.Time) *item {
	kept, from, c := o.relocate("send", it, to, now)
	kept.draft = false
	c.moved(kept, it)
	c.contents(it, from, to)
	return kept
}
