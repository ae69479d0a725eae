package exchangesim

// noItems is what the schema wants of a failed answer about items.
const noItems = `<m:Items/>`

func itemFailure(code string) message {
	m := failure(code)
	m.inner = noItems
	return m
}

// itemIDs answers with the new ids of an item.
func itemIDs(it *item) message {
	element := elementOf(it.class)
	x := &xmlBuffer{}
	x.raw("<m:Items><", element, ">").id("t:ItemId", it.id, it.changeKey()).raw("</", element, "></m:Items>")
	return success(string(x.b))
}

// perItem answers with a message for each id the request names, in its order; fail makes the message of an id that
// cannot be found.
func (c *call) perItem(fail func(string) message, answer func(it *item, id *node) message) ([]message, *soapFault) {
	ids := c.op.child(nsMessages, "ItemIds").named(nsTypes, "ItemId")
	if len(ids) == 0 {
		return nil, schemaFault("ItemIds is empty")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, id := range ids {
		it, code := c.resolveItem(id.attr("Id"))
		if code != "" {
			messages = append(messages, fail(code))
			continue
		}
		messages = append(messages, answer(it, id))
	}
	return messages, nil
}

// targetFolder resolves the folder that a SavedItemFolderId or ToFolderId names. Without one it is the well-known folder
// of the target mailbox.
func (c *call) targetFolder(n *node, wellKnown string) (*folder, string) {
	if ref := n.first(); ref != nil {
		return c.resolve(ref)
	}
	if c.target == nil {
		return nil, "ErrorMissingEmailAddress"
	}
	return c.target.distinguished(wellKnown), ""
}

// Bounds of what clients may store in a mailbox.
const (
	maxItems   = 20_000
	maxFolders = 2_000
)

func (mb *mailbox) isFull() bool { return len(mb.items) >= maxItems }
