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
	c.arrived(it)
	return it
}

// arrived raises the events of a mail that came. Gromox names the folder before the mail.
func (c change) arrived(it *item) {
	c.item("CreatedEvent", it)
	if c.org.cfg.Wire == WireGromox {
		c.modified(it.folder)
		c.item("NewMailEvent", it)
		return
	}
	c.item("NewMailEvent", it)
	c.modified(it.folder)
}

// create saves a new item in a folder; without content it is a generated one.
func (o *organisation) create(f *folder, says *content, now time.Time) *item {
	it := f.mailbox.put(f, true, now)
	it.content = says
	o.raiseCreated(it, now)
	return it
}

// saveDraft saves a draft as Outlook does, with the events that the article's figure has for it: the item is made, changed,
// and moved into its place. What CreateItem saves keeps its id.
func (o *organisation) saveDraft(mb *mailbox, now time.Time) *item {
	drafts := mb.distinguished("drafts")
	it := mb.put(drafts, true, now)
	it.draft = true
	kept, _, c := o.relocate("savedraft", it, drafts, now)
	c.item("CreatedEvent", it)
	c.item("ModifiedEvent", it)
	c.moved(kept, it)
	c.modified(drafts)
	return kept
}

// raiseCreated raises the events of an item that was saved.
func (o *organisation) raiseCreated(it *item, now time.Time) {
	f := it.folder
	c := o.change(f.mailbox, Change{Kind: "create", ItemID: it.id, FolderID: f.plainID()}, now)
	c.item("CreatedEvent", it)
	c.contents(it, f)
}

// markRead marks an item read, or touches one that is read.
func (o *organisation) markRead(it *item, now time.Time) {
	if !it.read {
		o.markAs(it, true, now)
		return
	}
	it.edited = it.touch(now)
	o.edited("read", it, now)
}

// markAs gives an item another read state.
func (o *organisation) markAs(it *item, read bool, now time.Time) {
	o.update(it, &itemEdit{class: it.class, read: &read}, now)
}

// edited raises the events of an item that was changed.
func (o *organisation) edited(kind string, it *item, now time.Time) {
	c := o.change(it.folder.mailbox, Change{Kind: kind, ItemID: it.id, FolderID: it.folder.plainID()}, now)
	c.item("ModifiedEvent", it)
	c.contents(it, it.folder)
}

// move puts an item into another folder, with the events that the article's figure has for it: the item changes before
// it moves.
func (o *organisation) move(it *item, to *folder, now time.Time) *item {
	if to.mailbox != it.folder.mailbox {
		moved := o.copyItem(it, to, now)
		o.deleteItem(it, now)
		return moved
	}
	moved, from, c := o.relocate("move", it, to, now)
	if !it.hidden && o.cfg.Wire != WireGromox {
		c.item("ModifiedEvent", it)
	}
	c.moved(moved, it)
	c.contents(it, from, to)
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
	if o.cfg.Wire == WireGromox {
		c.raise(c.movedEvent("CopiedEvent", dup, it))
	} else {
		c.item("CreatedEvent", dup)
	}
	c.contents(dup, to)
	return dup
}
