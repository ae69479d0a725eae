package exchangesim

import "time"

// A change records one thing a user did and raises its events, in the order of Microsoft's article on notification
// subscriptions (figure 1) and, for deletions, of its article on deletion events.
type change struct {
	org     *organisation
	mailbox *mailbox
	seq     uint64
	now     time.Time
}

func (o *organisation) change(mb *mailbox, c Change, now time.Time) change {
	o.counts.Changes++
	c.Seq, c.At, c.Mailbox = o.counts.Changes, now, mb.address
	o.changes.add(c)
	return change{org: o, mailbox: mb, seq: c.Seq, now: now}
}

func (o *organisation) deliver(mb *mailbox, now time.Time) *item {
	inbox := mb.distinguished("inbox")
	it := mb.put(inbox, false, now)
	c := o.change(mb, Change{Kind: "deliver", ItemID: it.id, FolderID: inbox.plainID()}, now)
	c.item("CreatedEvent", it)
	c.item("NewMailEvent", it)
	c.modified(inbox)
	return it
}

func (o *organisation) create(f *folder, now time.Time) *item {
	it := f.mailbox.put(f, true, now)
	c := o.change(f.mailbox, Change{Kind: "create", ItemID: it.id, FolderID: f.plainID()}, now)
	c.item("CreatedEvent", it)
	c.modified(f)
	return it
}

func (o *organisation) markRead(it *item, now time.Time) {
	position := it.touch(now)
	if it.read {
		it.edited = position
	} else {
		it.read, it.flagged = true, position
		it.folder.unread--
	}
	c := o.change(it.folder.mailbox, Change{Kind: "read", ItemID: it.id, FolderID: it.folder.plainID()}, now)
	c.item("ModifiedEvent", it)
	c.modified(it.folder)
}

func (o *organisation) move(it *item, to *folder, now time.Time) *item {
	mb, from := it.folder.mailbox, it.folder
	mb.take(it, now)
	moved := mb.put(to, it.read, now)
	moved.created, moved.mime = it.created, it.mime
	c := o.change(mb, Change{Kind: "move", ItemID: moved.id, FolderID: to.plainID(), OldItemID: it.id, OldFolderID: from.plainID()}, now)
	c.moved(moved, it)
	c.modified(from)
	if to != from {
		c.modified(to)
	}
	return moved
}

func (o *organisation) copyItem(it *item, to *folder, now time.Time) *item {
	dup := to.mailbox.put(to, it.read, now)
	dup.mime = it.mime
	c := o.change(to.mailbox, Change{Kind: "copy", ItemID: dup.id, FolderID: to.plainID(), OldItemID: it.id, OldFolderID: it.folder.plainID()}, now)
	c.item("CreatedEvent", dup)
	c.modified(to)
	return dup
}

func (o *organisation) deleteItem(it *item, now time.Time) {
	mb := it.folder.mailbox
	mb.take(it, now)
	c := o.change(mb, Change{Kind: "delete", ItemID: it.id, FolderID: it.folder.plainID()}, now)
	c.item("DeletedEvent", it)
	if o.cfg.AllItems {
		e := c.itemEvent("DeletedEvent", it)
		e.AllItems = true
		c.raise(e)
	}
	c.modified(it.folder)
}

func (o *organisation) createFolder(parent *folder, name string, now time.Time) *folder {
	mb := parent.mailbox
	f := mb.addFolder(parent, "", name, "IPF.Note", now)
	parent.committed = now
	c := o.change(mb, Change{Kind: "createfolder", FolderID: f.plainID()}, now)
	c.folder("CreatedEvent", f)
	c.modified(parent)
	return f
}

func (o *organisation) accept(mb *mailbox, now time.Time) *item {
	calendar := mb.distinguished("calendar")
	it := mb.put(calendar, true, now)
	c := o.change(mb, Change{Kind: "accept", ItemID: it.id, FolderID: calendar.plainID()}, now)
	c.item("CreatedEvent", it)
	c.item("ModifiedEvent", it)
	c.item("FreeBusyChangedEvent", it)
	c.modified(calendar)
	return it
}
