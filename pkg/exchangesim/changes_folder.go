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

// updateFolder gives a folder a name, maybe the one it has.
func (o *organisation) updateFolder(f *folder, name string, now time.Time) {
	f.name, f.committed, f.changed = name, now, f.mailbox.nextHierarchy()
	c := o.change(f.mailbox, Change{Kind: "updatefolder", FolderID: f.plainID()}, now)
	c.modified(f)
}

// deleteFolder deletes a folder with what it holds for good.
func (o *organisation) deleteFolder(f *folder, now time.Time) {
	parent, position := f.parent, f.mailbox.nextHierarchy()
	for _, sub := range f.mailbox.folders {
		if !sub.gone && (sub == f || sub.descendsFrom(f)) {
			sub.gone, sub.left = true, position
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

// moveFolder puts a folder below another one of its mailbox. It keeps its id.
func (o *organisation) moveFolder(f, to *folder, now time.Time) {
	o.relocateFolder("movefolder", f, to, false, now)
}

// trashFolder moves a folder to Deleted Items. With the AllItems search folder, subscriptions to all folders see only
// the parents change.
func (o *organisation) trashFolder(f *folder, now time.Time) {
	o.relocateFolder("trashfolder", f, f.mailbox.distinguished("deleteditems"), o.cfg.Deletions == DeletionAllItems, now)
}

func (o *organisation) relocateFolder(kind string, f, to *folder, foldersOnly bool, now time.Time) {
	from := f.parent
	f.changed = f.mailbox.nextHierarchy()
	f.moves = append(f.moves, folderMove{f.changed, from})
	from.children--
	to.children++
	f.parent, from.committed, to.committed = to, now, now
	c := o.change(f.mailbox, Change{Kind: kind, FolderID: f.plainID(), OldFolderID: f.plainID()}, now)
	e := c.folderEvent("MovedEvent", f)
	e.OldFolderID, e.oldParent = e.FolderID, from
	e.OldParentFolderID = from.eventID(o.cfg.PackedFolderIDs)
	e.FoldersOnly = foldersOnly
	c.raise(e)
	c.modified(from)
	if to != from {
		c.modified(to)
	}
}

// copyFolder copies a folder with what it holds: as if each folder were made and each item copied.
func (o *organisation) copyFolder(f, to *folder, now time.Time) *folder {
	items, subfolders := f.items(), f.subfolders()
	dup := o.createFolder(to, f.name, f.class, now)
	for _, it := range items {
		o.copyItem(it, dup, now)
	}
	for _, sub := range subfolders {
		o.copyFolder(sub, dup, now)
	}
	return dup
}
