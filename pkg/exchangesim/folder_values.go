package exchangesim

// folderValues are the properties that restrictions and extended properties of folders know, as string, time.Time, bool or
// int. Those without a FieldURI have the name that MS-OXPROPS gives them.
var folderValues = map[string]func(*folder) any{
	"folder:DisplayName":       func(f *folder) any { return f.name },
	"folder:FolderClass":       func(f *folder) any { return f.class },
	"folder:TotalCount":        func(f *folder) any { return f.total },
	"folder:UnreadCount":       func(f *folder) any { return f.unread },
	"folder:ChildFolderCount":  func(f *folder) any { return f.children },
	"PidTagSubfolders":         func(f *folder) any { return f.children > 0 },
	"PidTagArticleNumberNext":  func(f *folder) any { return int(f.mailbox.nextItem) + 1 },
	"PidTagLocalCommitTimeMax": func(f *folder) any { return f.committed },
	"PidTagDeletedCountTotal":  func(f *folder) any { return f.deleted },
}

// taggedFolderFields are the properties of folders behind property tags (MS-OXPROPS).
var taggedFolderFields = map[int64]string{
	0x3001: "folder:DisplayName", 0x3602: "folder:TotalCount", 0x3603: "folder:UnreadCount", 0x360a: "PidTagSubfolders",
	0x3613: "folder:FolderClass", 0x6751: "PidTagArticleNumberNext",
	tagLastModificationTime: "PidTagLocalCommitTimeMax", tagLocalCommitTimeMax: "PidTagLocalCommitTimeMax",
	tagDeletedCountTotal: "PidTagDeletedCountTotal",
}

var searchedFolders = searched[*folder]{valueOfFolder, &folder{mailbox: &mailbox{}}}

// valueOfFolder is the property of folders that a path child of n names, nil if this server does not know it.
func valueOfFolder(n *node) func(*folder) any {
	if uri := n.child(nsTypes, "FieldURI"); uri != nil {
		return folderValues[uri.attr("FieldURI")]
	}
	if path := n.child(nsTypes, "ExtendedFieldURI"); path != nil {
		return folderValues[taggedFolderFields[readProperty(path).tag]]
	}
	return nil
}

// renderExtended writes the extended properties that are asked for and there.
func (f *folder) renderExtended(x *xmlBuffer, sh shape) {
	for _, p := range sh.extended {
		value := folderValues[taggedFolderFields[p.tag]]
		if value == nil {
			continue
		}
		if text := valueText(value(f)); text != "" {
			x.property(p, text)
		}
	}
}
