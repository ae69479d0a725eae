package exchangesim

import "time"

func (o *organisation) createFolder(parent *folder, name, class string, now time.Time) *folder {
	mb := parent.mailbox
	f := mb.addFolder(parent, "", name, class, now)
	parent.committed = now
	c := o.change(mb, Change{Kind: "createfolder", FolderID: f.plainID()}, now)
	c.folder("CreatedEvent", f)
	c.modified(parent)
	return f
}

// deleteFolder deletes a folder with what it holds for good.
func (o *organisation) deleteFolder(f *folder, now time.Time) {
	parent := f.parent
	for _, sub := range f.mailbox.folders {
		if sub == f || !sub.gone && sub.descendsFrom(f) {
			sub.gone = true
		}
	}
	for number, it := range f.mailbox.items {
		if it.folder.gone {
			delete(f.mailbox.items, number)
		}
	}
	parent.children--
	parent.committed = now
	c := o.change(f.mailbox, Change{Kind: "deletefolder", FolderID: f.plainID()}, now)
	c.folder("DeletedEvent", f)
	c.modified(parent)
}

// trashFolder moves a folder to Deleted Items. With the AllItems search folder, subscriptions to all folders see only
// the parents change.
func (o *organisation) trashFolder(f *folder, now time.Time) {
	from, to := f.parent, f.mailbox.distinguished("deleteditems")
	from.children--
	to.children++
	f.parent, from.committed, to.committed = to, now, now
	c := o.change(f.mailbox, Change{Kind: "trashfolder", FolderID: f.plainID(), OldFolderID: f.plainID()}, now)
	e := c.folderEvent("MovedEvent", f)
	e.OldFolderID, e.oldParent = e.FolderID, from
	e.OldParentFolderID = from.eventID(o.cfg.PackedFolderIDs)
	e.FoldersOnly = o.cfg.AllItems
	c.raise(e)
	c.modified(from)
	c.modified(to)
}
