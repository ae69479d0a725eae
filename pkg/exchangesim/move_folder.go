package exchangesim

// moveFolder answers MoveFolder.
func (c *call) moveFolder() ([]message, *soapFault) {
	return c.transferFolders(func(f, to *folder) (*folder, string) {
		if f.wellKnown != "" {
			return nil, "ErrorMoveDistinguishedFolder"
		}
		c.s.org.moveFolder(f, to, c.s.now())
		return f, ""
	})
}

// copyFolder answers CopyFolder. The copy of a distinguished folder is an ordinary one.
func (c *call) copyFolder() ([]message, *soapFault) {
	return c.transferFolders(func(f, to *folder) (*folder, string) {
		if code := f.fitsTwice(); code != "" {
			return nil, code
		}
		return c.s.org.copyFolder(f, to, c.s.now()), ""
	})
}

// transferFolders moves or copies folders, and answers with their ids.
func (c *call) transferFolders(do func(f, to *folder) (*folder, string)) ([]message, *soapFault) {
	if c.op.child(nsMessages, "ToFolderId").first() == nil {
		return nil, schemaFault("ToFolderId is missing")
	}
	return c.perFolder(func(f *folder) message {
		to, code := c.targetFolder(c.op.child(nsMessages, "ToFolderId"), "")
		if code == "ErrorFolderNotFound" {
			code = "ErrorToFolderNotFound"
		}
		if code == "" {
			code = f.mayGoTo(to)
		}
		if code != "" {
			return failure(code)
		}
		made, code := do(f, to)
		if code != "" {
			return failure(code)
		}
		return folderID(made)
	})
}

// mayGoTo says why the folder, or a copy of it, cannot be put into another one.
func (f *folder) mayGoTo(to *folder) string {
	switch {
	case to.mailbox != f.mailbox:
		return "ErrorCrossMailboxMoveCopy"
	case to == f || to.descendsFrom(f):
		return "ErrorMoveCopyFailed"
	}
	return to.mayHold(f.name, nil)
}

// fitsTwice says why the mailbox has no room for a copy of the folder.
func (f *folder) fitsTwice() string {
	mb, folders, items := f.mailbox, 0, 0
	for _, sub := range mb.folders {
		if !sub.gone && (sub == f || sub.descendsFrom(f)) {
			folders++
		}
	}
	for _, it := range mb.items {
		if it.folder == f || it.folder.descendsFrom(f) {
			items++
		}
	}
	if len(mb.folders)+folders > maxFolders || len(mb.items)+items > maxItems {
		return "ErrorQuotaExceeded"
	}
	return ""
}
