package exchangesim

import (
	"slices"
	"strings"
)

// folderRefs returns the elements of a request that name folders.
func (c *call) folderRefs() []*node {
	return slices.Concat(
		c.op.child(nsMessages, "StreamingSubscriptionRequest").child(nsTypes, "FolderIds").all(),
		c.op.child(nsMessages, "PullSubscriptionRequest").child(nsTypes, "FolderIds").all(),
		c.op.child(nsMessages, "FolderIds").all(),
		c.op.child(nsMessages, "ParentFolderIds").all(),
		c.op.child(nsMessages, "SyncFolderId").all(),
	)
}

// targetRefs returns the elements of a request that name folders to put something into, or to change.
func (c *call) targetRefs() []*node {
	return slices.Concat(
		c.op.child(nsMessages, "SavedItemFolderId").all(),
		c.op.child(nsMessages, "ToFolderId").all(),
		c.op.child(nsMessages, "ParentFolderId").all(),
		c.changedFolderRefs(),
	)
}

// itemRefs returns the elements of a request that name items.
func (c *call) itemRefs() []*node {
	refs := slices.Concat(c.op.child(nsMessages, "ItemIds").named(nsTypes, "ItemId"), c.op.named(nsMessages, "ParentItemId"))
	for _, change := range c.op.child(nsMessages, "ItemChanges").all() {
		refs = append(refs, change.named(nsTypes, "ItemId")...)
	}
	return refs
}

// mailboxOf finds the mailbox of a FolderId or DistinguishedFolderId.
func (c *call) mailboxOf(ref *node) (*mailbox, string) {
	if ref.is(nsTypes, "FolderId") {
		id, ok := parseObjectID(ref.attr("Id"))
		if !ok {
			return nil, "ErrorInvalidIdMalformed"
		}
		return c.s.org.byGUID[id.mailbox], ""
	}
	if named := ref.child(nsTypes, "Mailbox").child(nsTypes, "EmailAddress"); named != nil {
		return c.s.org.mailboxes[strings.ToLower(named.value())], ""
	}
	return c.target, missing(c.target)
}

// resolve finds the folder a FolderId or DistinguishedFolderId names, or says with which code it fails. That may be for
// want of a permission.
func (c *call) resolve(ref *node) (*folder, string) {
	f, code := c.find(ref)
	if code != "" {
		return nil, code
	}
	if code := c.refused(f, slices.Contains(readingFolders, c.op.name.Local), "ErrorFolderNotFound"); code != "" {
		return nil, code
	}
	return f, ""
}

// find is resolve for who may do everything.
func (c *call) find(ref *node) (*folder, string) {
	mb, code := c.mailboxOf(ref)
	switch {
	case code != "":
		return nil, code
	case mb == nil:
		return nil, "ErrorNonExistentMailbox"
	}
	if ref.is(nsTypes, "DistinguishedFolderId") {
		if f := mb.distinguished(ref.attr("Id")); f != nil {
			return f, ""
		}
		return nil, "ErrorFolderNotFound"
	}
	id, _ := parseObjectID(ref.attr("Id"))
	if id.item != 0 || id.folder < 1 || id.folder > uint64(len(mb.folders)) {
		return nil, "ErrorFolderNotFound"
	}
	if f := mb.folders[id.folder-1]; !f.gone {
		return f, ""
	}
	return nil, "ErrorFolderNotFound"
}
