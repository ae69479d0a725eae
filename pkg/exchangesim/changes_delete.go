package exchangesim

import "time"

// DeletionForm says which events deletions raise. Microsoft's article on deletion events has a table of them for
// Exchange 2010 and for Exchange 2013 and later.
type DeletionForm string

const (
	// DeletionAllItems: subscriptions to all folders see the hidden AllItems search folder in place of a move, and a
	// deletion twice. The default from Exchange 2013 on.
	DeletionAllItems DeletionForm = "all-items"
	// Deletion2010: a soft deletion is a DeletedEvent, whatever folders a subscription names. The default of Exchange 2010.
	Deletion2010 DeletionForm = "2010"
	// DeletionMoved: every deletion but a hard one is a MovedEvent for every subscription. The default of gromox.
	DeletionMoved DeletionForm = "moved"
)

// deleteItem deletes an item for good.
func (o *organisation) deleteItem(it *item, now time.Time) {
	mb := it.folder.mailbox
	mb.take(it, now)
	c := o.change(mb, Change{Kind: "delete", ItemID: it.id, FolderID: it.folder.plainID()}, now)
	c.item("DeletedEvent", it)
	if o.hasAllItems(it) {
		c.allItems("DeletedEvent", it)
	}
	c.contents(it, it.folder)
}

// softDelete moves an item to the folder of what users may recover, which itself raises no event.
func (o *organisation) softDelete(it *item, now time.Time) *item {
	to := it.folder.mailbox.distinguished("recoverableitemsdeletions")
	moved, from, c := o.relocate("softdelete", it, to, now)
	switch {
	case o.hasAllItems(it):
		c.movedInFolders(moved, it)
		c.allItems("DeletedEvent", it)
		c.allItems("DeletedEvent", it)
	case o.cfg.Deletions == Deletion2010 && !it.hidden:
		c.item("DeletedEvent", it)
	default:
		c.moved(moved, it)
	}
	c.contents(it, from)
	return moved
}

// trash moves an item to Deleted Items, and soft-deletes one that is there.
func (o *organisation) trash(it *item, now time.Time) *item {
	to := it.folder.mailbox.distinguished("deleteditems")
	if it.folder == to {
		return o.softDelete(it, now)
	}
	moved, from, c := o.relocate("trash", it, to, now)
	if o.hasAllItems(it) {
		c.movedInFolders(moved, it)
		c.allItems("DeletedEvent", it)
		c.allItems("CreatedEvent", moved)
	} else {
		c.moved(moved, it)
	}
	c.contents(it, from, to)
	return moved
}

// hasAllItems tells whether the AllItems search folder shows the item, which holds no hidden ones.
func (o *organisation) hasAllItems(it *item) bool {
	return o.cfg.Deletions == DeletionAllItems && !it.hidden
}

// allItems raises an event of the hidden AllItems search folder, which only subscriptions to all folders see.
func (c change) allItems(kind string, it *item) {
	e := c.itemEvent(kind, it)
	e.AllItems = true
	c.raise(e)
}

// movedInFolders raises a MovedEvent that subscriptions to all folders do not see.
func (c change) movedInFolders(it, old *item) {
	e := c.movedEvent("MovedEvent", it, old)
	e.FoldersOnly = true
	c.raise(e)
}
