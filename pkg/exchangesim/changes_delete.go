package exchangesim

import "time"

// deleteItem deletes an item for good.
func (o *organisation) deleteItem(it *item, now time.Time) {
	mb := it.folder.mailbox
	mb.take(it, now)
	c := o.change(mb, Change{Kind: "delete", ItemID: it.id, FolderID: it.folder.plainID()}, now)
	c.item("DeletedEvent", it)
	if o.cfg.AllItems {
		c.allItems("DeletedEvent", it)
	}
	c.modified(it.folder)
}

// softDelete moves an item to the folder of what users may recover, which itself raises no event.
func (o *organisation) softDelete(it *item, now time.Time) *item {
	to := it.folder.mailbox.distinguished("recoverableitemsdeletions")
	moved, from, c := o.relocate("softdelete", it, to, now)
	if o.cfg.AllItems {
		c.movedInFolders(moved, it)
		c.allItems("DeletedEvent", it)
		c.allItems("DeletedEvent", it)
	} else {
		c.moved(moved, it)
	}
	c.modified(from)
	return moved
}

// trash moves an item to Deleted Items, and soft-deletes one that is there.
func (o *organisation) trash(it *item, now time.Time) *item {
	to := it.folder.mailbox.distinguished("deleteditems")
	if it.folder == to {
		return o.softDelete(it, now)
	}
	moved, from, c := o.relocate("trash", it, to, now)
	if o.cfg.AllItems {
		c.movedInFolders(moved, it)
		c.allItems("DeletedEvent", it)
		c.allItems("CreatedEvent", moved)
	} else {
		c.moved(moved, it)
	}
	c.modified(from)
	c.modified(to)
	return moved
}

// allItems raises an event of the hidden AllItems search folder, which only subscriptions to all folders see.
func (c change) allItems(kind string, it *item) {
	e := c.itemEvent(kind, it)
	e.AllItems = true
	c.raise(e)
}

// movedInFolders raises a MovedEvent that subscriptions to all folders do not see.
func (c change) movedInFolders(it, old *item) {
	e := c.movedEvent(it, old)
	e.FoldersOnly = true
	c.raise(e)
}
