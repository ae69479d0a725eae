package exchangesim

import "time"

// createFolder answers CreateFolder, with a message for each folder in the order of the request.
func (c *call) createFolder() ([]message, *soapFault) {
	folders := c.op.child(nsMessages, "Folders").all()
	if len(folders) == 0 {
		return nil, schemaFault("Folders is empty")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, n := range folders {
		messages = append(messages, c.createOneFolder(n, c.s.now()))
	}
	return messages, nil
}

func (c *call) createOneFolder(n *node, now time.Time) message {
	parent, code := c.targetFolder(c.op.child(nsMessages, "ParentFolderId"), "msgfolderroot")
	switch {
	case code == "ErrorFolderNotFound":
		return failure("ErrorParentFolderNotFound")
	case code != "":
		return failure(code)
	}
	f, code := c.s.org.addFolder(parent, n.child(nsTypes, "DisplayName").value(), folderClass(n), now)
	if code != "" {
		return failure(code)
	}
	return folderID(f)
}

// addFolder makes a folder, or says with which code it cannot.
func (o *organisation) addFolder(parent *folder, name, class string, now time.Time) (*folder, string) {
	code := parent.mayHold(name, nil)
	if code == "" && len(parent.mailbox.folders) >= maxFolders {
		code = "ErrorQuotaExceeded"
	}
	if code != "" {
		return nil, code
	}
	return o.createFolder(parent, name, class, now), ""
}

// folderID answers with the id of a folder.
func folderID(f *folder) message {
	x := &xmlBuffer{}
	x.raw(`<m:Folders>`)
	f.render(x, shape{})
	return success(string(x.raw(`</m:Folders>`).b))
}

// folderClass is the class a new folder is given, or that of its element.
func folderClass(n *node) string {
	if class := n.child(nsTypes, "FolderClass").value(); class != "" {
		return class
	}
	for class, element := range folderElements {
		if element == "t:"+n.name.Local {
			return class
		}
	}
	return "IPF.Note"
}
