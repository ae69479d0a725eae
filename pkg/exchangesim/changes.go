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

// deliver puts a mail into the inbox; without content it is a generated one.
func (o *organisation) deliver(mb *mailbox, says *content, now time.Time) *item {
	inbox := mb.distinguished("inbox")
	it := mb.put(inbox, false, now)
	it.content = says
	c := o.change(mb, Change{Kind: "deliver", ItemID: it.id, FolderID: inbox.plainID()}, now)
	c.item("CreatedEvent", it)
	c.item("NewMailEvent", it)
	c.modified(inbox)
	return it
}

// create saves a new item in a folder; without content it is a generated one.
func (o *organisation) create(f *folder, says *content, now time.Time) *item {
	it := f.mailbox.put(f, true, now)
	it.content = says
	o.raiseCreated(it, now)
	return it
}

// raiseCreated raises the events of an item that was saved.
func (o *organisation) raiseCreated(it *item, now time.Time) {
	f := it.folder
	c := o.change(f.mailbox, Change{Kind: "create", ItemID: it.id, FolderID: f.plainID()}, now)
	c.item("CreatedEvent", it)
	c.modified(f)
}

// markRead marks an item read, or touches one that is read.
func (o *organisation) markRead(it *item, now time.Time) {
	if it.read {
		it.edited = it.touch(now)
	} else {
		it.setRead(true, now)
	}
	o.edited("read", it, now)
}

// edited raises the events of an item that was changed.
func (o *organisation) edited(kind string, it *item, now time.Time) {
	c := o.change(it.folder.mailbox, Change{Kind: kind, ItemID: it.id, FolderID: it.folder.plainID()}, now)
	c.item("ModifiedEvent", it)
	c.modified(it.folder)
}

func (o *organisation) move(it *item, to *folder, now time.Time) *item {
	if to.mailbox != it.folder.mailbox {
		moved := o.copyItem(it, to, now)
		o.deleteItem(it, now)
		return moved
	}
	return o.moveAs("move", it, to, now)
}

// moveAs moves an item inside its mailbox; kind says why.
func (o *organisation) moveAs(kind string, it *item, to *folder, now time.Time) *item {
	moved, from, c := o.relocate(kind, it, to, now)
	c.moved(moved, it)
	c.modified(from)
	if to != from {
		c.modified(to)
	}
	return moved
}

// relocate moves an item, which gets a new id, and leaves the events to the caller.
func (o *organisation) relocate(kind string, it *item, to *folder, now time.Time) (*item, *folder, change) {
	mb, from := it.folder.mailbox, it.folder
	mb.take(it, now)
	moved := mb.putLike(it, to, now)
	moved.created = it.created
	c := o.change(mb, Change{Kind: kind, ItemID: moved.id, FolderID: to.plainID(), OldItemID: it.id, OldFolderID: from.plainID()}, now)
	return moved, from, c
}

func (o *organisation) copyItem(it *item, to *folder, now time.Time) *item {
	dup := to.mailbox.putLike(it, to, now)
	c := o.change(to.mailbox, Change{Kind: "copy", ItemID: dup.id, FolderID: to.plainID(), OldItemID: it.id, OldFolderID: it.folder.plainID()}, now)
	c.item("CreatedEvent", dup)
	c.modified(to)
	return dup
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
