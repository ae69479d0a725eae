package exchangesim

import "strconv"

// getFolder answers GetFolder, with a message for each id in the order of the request.
func (c *call) getFolder() ([]message, *soapFault) {
	refs, sh := c.folderRefs(), readShape(c.op.child(nsMessages, "FolderShape"))
	if len(refs) == 0 {
		return nil, schemaFault("FolderIds is empty")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, ref := range refs {
		f, code := c.resolve(ref)
		if code != "" {
			messages = append(messages, failure(code))
			continue
		}
		x := &xmlBuffer{}
		x.raw(`<m:Folders>`)
		f.render(x, sh)
		messages = append(messages, success(string(x.raw(`</m:Folders>`).b)))
	}
	return messages, nil
}

// folderElements are the elements of folders that are not t:Folder.
var folderElements = map[string]string{"IPF.Appointment": "t:CalendarFolder", "IPF.Contact": "t:ContactsFolder", "IPF.Task": "t:TasksFolder"}

// render writes the folder in the order of types.xsd.
func (f *folder) render(x *xmlBuffer, sh shape) {
	element := folderElements[f.class]
	if element == "" {
		element = "t:Folder"
	}
	x.raw("<", element, ">").id("t:FolderId", f.plainID(), f.changeKey())
	if f.parent != nil && sh.wants("folder:ParentFolderId", inDefault) {
		x.id("t:ParentFolderId", f.parent.plainID(), f.parent.changeKey())
	}
	if f.class != "" && sh.wants("folder:FolderClass", inDefault) {
		x.element("t:FolderClass", f.class)
	}
	if sh.wants("folder:DisplayName", inDefault) {
		x.element("t:DisplayName", f.name)
	}
	if sh.wants("folder:TotalCount", inDefault) {
		x.element("t:TotalCount", strconv.Itoa(f.total))
	}
	if sh.wants("folder:ChildFolderCount", inDefault) {
		x.element("t:ChildFolderCount", strconv.Itoa(f.children))
	}
	f.renderExtended(x, sh)
	if f.wellKnown != "" && sh.wants("folder:DistinguishedFolderId", allProperties) {
		x.element("t:DistinguishedFolderId", f.wellKnown)
	}
	if (element == "t:Folder" || element == "t:TasksFolder") && sh.wants("folder:UnreadCount", inDefault) {
		x.element("t:UnreadCount", strconv.Itoa(f.unread))
	}
	x.raw("</", element, ">")
}
