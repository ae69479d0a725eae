package exchangesim

import (
	"slices"
	"strings"
	"time"
)

// updateFolder answers UpdateFolder. DisplayName is kept; other properties are taken and forgotten.
func (c *call) updateFolder() ([]message, *soapFault) {
	changes := c.folderChanges()
	if len(changes) == 0 {
		return nil, schemaFault("FolderChanges is empty")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, n := range changes {
		messages = append(messages, c.updateOneFolder(n, c.s.now()))
	}
	return messages, nil
}

func (c *call) folderChanges() []*node {
	return c.op.child(nsMessages, "FolderChanges").named(nsTypes, "FolderChange")
}

// changedFolderRefs returns the elements that name the folders.
func (c *call) changedFolderRefs() []*node {
	var refs []*node
	for _, n := range c.folderChanges() {
		refs = append(refs, n.first())
	}
	return refs
}

func (c *call) updateOneFolder(n *node, now time.Time) message {
	f, code := c.resolve(n.first())
	if code != "" {
		return failure(code)
	}
	name := f.name
	for _, update := range n.child(nsTypes, "Updates").all() {
		value, code := folderUpdate(update)
		if code != "" {
			return failure(code)
		}
		if value.name.Local == "DisplayName" {
			name = value.value()
		}
	}
	if f.parent != nil {
		if code := f.parent.mayHold(name, f); code != "" {
			return failure(code)
		}
	}
	c.s.org.updateFolder(f, name, now)
	return folderID(f)
}

// readOnlyOfFolders are properties that the server alone sets.
var readOnlyOfFolders = strings.Fields("FolderId ParentFolderId TotalCount ChildFolderCount UnreadCount EffectiveRights DistinguishedFolderId ManagedFolderInformation")

// folderUpdate reads one change: the property and its new value, or a response code.
func folderUpdate(n *node) (*node, string) {
	switch n.name.Local {
	case "AppendToFolderField":
		return nil, "ErrorInvalidPropertyAppend"
	case "DeleteFolderField":
		_, name, _ := strings.Cut(n.child(nsTypes, "FieldURI").attr("FieldURI"), ":")
		if name == "DisplayName" || slices.Contains(readOnlyOfFolders, name) {
			return nil, "ErrorInvalidPropertyDelete"
		}
		return &node{}, ""
	}
	if len(n.children) != 2 || len(n.children[1].children) != 1 {
		return nil, "ErrorUpdatePropertyMismatch" // a change is a path and a folder with one property
	}
	value := n.children[1].children[0]
	if slices.Contains(readOnlyOfFolders, value.name.Local) {
		return nil, "ErrorInvalidPropertySet"
	}
	return value, ""
}
