package exchangesim

import "slices"

// event is an Event with what filters and the wire need.
type event struct {
	Event
	itemKey   string  // of ItemID
	folder    *folder // of FolderID: the event is a folder's
	parent    *folder
	oldParent *folder
}

func (c change) newEvent(kind string, parent *folder) *event {
	e := &event{Event: Event{Change: c.seq, Mailbox: c.mailbox.address, Type: kind, At: c.now}, parent: parent}
	if parent != nil {
		e.ParentFolderID = parent.eventID(c.org.cfg.PackedFolderIDs)
	}
	return e
}

func (c change) itemEvent(kind string, it *item) *event {
	e := c.newEvent(kind, it.folder)
	e.ItemID, e.itemKey, e.Folder = it.id, it.eventKey(), it.folder.wellKnown
	return e
}

func (c change) item(kind string, it *item) { c.raise(c.itemEvent(kind, it)) }

// moved raises the event of an item that has a new id in a new place.
func (c change) moved(it, old *item) { c.raise(c.movedEvent("MovedEvent", it, old)) }

// movedEvent makes a MovedEvent or CopiedEvent.
func (c change) movedEvent(kind string, it, old *item) *event {
	e := c.itemEvent(kind, it)
	e.OldItemID, e.oldParent = old.id, old.folder
	e.OldParentFolderID = old.folder.eventID(c.org.cfg.PackedFolderIDs)
	return e
}

func (c change) folderEvent(kind string, f *folder) *event {
	e := c.newEvent(kind, f.parent)
	e.folder, e.FolderID, e.Folder = f, f.eventID(c.org.cfg.PackedFolderIDs), f.wellKnown
	return e
}

func (c change) folder(kind string, f *folder) { c.raise(c.folderEvent(kind, f)) }

// modified raises the event of a folder whose content changed.
func (c change) modified(f *folder) {
	e := c.folderEvent("ModifiedEvent", f)
	if !f.isCalendar() {
		unread := f.unread
		e.UnreadCount = &unread
	}
	c.raise(e)
}

// contents raises the events of the folders whose content changed with an item. A hidden item is not of their content.
func (c change) contents(it *item, folders ...*folder) {
	for i, f := range folders {
		if !it.hidden && !slices.Contains(folders[:i], f) {
			c.modified(f)
		}
	}
}

// raise numbers the event and queues it where it is wanted.
func (c change) raise(e *event) {
	o := c.org
	o.counts.Events++
	e.Seq = o.counts.Events
	o.events.add(e)
	for i := 0; i < len(c.mailbox.subscriptions); {
		sub := c.mailbox.subscriptions[i]
		if o.expire(sub, c.now) { // takes it out of the slice
			continue
		}
		if sub.wants(e) {
			sub.queue(e, o.cfg.QueueLimit)
		}
		i++
	}
}
