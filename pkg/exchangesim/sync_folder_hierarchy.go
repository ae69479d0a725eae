package exchangesim

import (
	"slices"
)

// A mailbox numbers what happens to its folders. SyncFolderHierarchy tells the net changes below a folder since a number;
// a change of what a folder holds is none. The schema has no limit for an answer, so it is always whole.

// folderMove says where a folder was before a position.
type folderMove struct {
	position uint64
	from     *folder
}

// parentAt is the folder's parent at a position.
func (f *folder) parentAt(position uint64) *folder {
	for _, m := range f.moves {
		if m.position > position {
			return m.from
		}
	}
	return f.parent
}

// wasBelow tells whether the folder existed at a position, below another one.
func (f *folder) wasBelow(top *folder, position uint64) bool {
	if f.made > position || f.gone && f.left <= position {
		return false
	}
	for p := f.parentAt(position); p != nil; p = p.parentAt(position) {
		if p == top {
			return true
		}
	}
	return false
}

// folderChange is one change of an answer.
type folderChange struct {
	element string // Create, Update or Delete
	folder  *folder
	depth   int
}

// hierarchySince returns the net changes below the folder, parents first.
func (f *folder) hierarchySince(position uint64) []folderChange {
	var changes []folderChange
	for _, sub := range f.mailbox.folders {
		was, is := sub.wasBelow(f, position), !sub.gone && sub.descendsFrom(f)
		switch {
		case is && !was:
			changes = append(changes, folderChange{"Create", sub, sub.depth()})
		case was && !is:
			changes = append(changes, folderChange{"Delete", sub, sub.depth()})
		case is && sub.changed > position:
			changes = append(changes, folderChange{"Update", sub, sub.depth()})
		}
	}
	slices.SortStableFunc(changes, func(a, b folderChange) int { return a.depth - b.depth })
	return changes
}

func (f *folder) depth() int {
	n := 0
	for p := f.parent; p != nil; p = p.parent {
		n++
	}
	return n
}

// ofHierarchy marks the number of a folder in a SyncState of its hierarchy, which SyncFolderItems does not take.
const ofHierarchy = 1 << 63

func (f *folder) hierarchyState(position uint64) string {
	return syncStateOf(f.mailbox, ofHierarchy|f.number, position)
}

// readHierarchyState reads a position; an empty state is the beginning.
func (f *folder) readHierarchyState(s string) (uint64, bool) {
	position, ok := readPosition(s, f.hierarchyState)
	return position, ok && position <= f.mailbox.hierarchy
}

// syncFolderHierarchy answers SyncFolderHierarchy, for the whole mailbox when the request names no folder.
func (c *call) syncFolderHierarchy() ([]message, *soapFault) {
	sh, state := readShape(c.op.child(nsMessages, "FolderShape")), c.op.child(nsMessages, "SyncState").value()
	answer := func(f *folder) message {
		position, ok := f.readHierarchyState(state)
		if !ok {
			return failure("ErrorInvalidSyncStateData")
		}
		x := &xmlBuffer{}
		x.element("m:SyncState", f.hierarchyState(f.mailbox.hierarchy)).element("m:IncludesLastFolderInRange", "true").raw("<m:Changes>")
		for _, ch := range f.hierarchySince(position) {
			ch.render(x, sh)
		}
		return success(string(x.raw("</m:Changes>").b))
	}
	if c.op.child(nsMessages, "SyncFolderId").first() != nil {
		return c.perSyncFolder(answer)
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	root, code := c.targetFolder(nil, "root")
	if code != "" {
		return []message{failure(code)}, nil
	}
	return []message{answer(root)}, nil
}

func (ch folderChange) render(x *xmlBuffer, sh shape) {
	x.raw("<t:", ch.element, ">")
	if ch.element == "Delete" {
		x.id("t:FolderId", ch.folder.plainID(), ch.folder.changeKey())
	} else {
		ch.folder.render(x, sh)
	}
	x.raw("</t:", ch.element, ">")
}
