package exchangesim

import (
	"strings"
	"time"
)

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
	name := n.child(nsTypes, "DisplayName").value()
	if name == "" {
		return failure("ErrorFolderSave")
	}
	parent, code := c.targetFolder(c.op.child(nsMessages, "ParentFolderId"), "msgfolderroot")
	switch {
	case code == "ErrorFolderNotFound":
		return failure("ErrorParentFolderNotFound")
	case code != "":
		return failure(code)
	case len(parent.mailbox.folders) >= maxFolders:
		return failure("ErrorQuotaExceeded")
	}
	for _, f := range parent.mailbox.folders {
		if f.parent == parent && !f.gone && strings.EqualFold(f.name, name) {
			return failure("ErrorFolderExists")
		}
	}
	f := c.s.org.createFolder(parent, name, folderClass(n), now)
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
