package exchangesim_test

import (
	"fmt"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// deed is a row of the table of actions and their events: what a user or a client does, and what subscriptions to some
// folders and to all folders see of it.
type deed struct {
	name    string
	folders string // well-known names
	ready   func(w *work) string
	do      func(w *work, id string) // id is what ready returned
	some    string
	all     string // as some if empty
}

const (
	hiddenItem = `<t:Message><t:Subject>Rules</t:Subject><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x0e07" PropertyType="Integer"/>` +
		`<t:Value>64</t:Value></t:ExtendedProperty></t:Message>`
	inInbox            = `<m:SavedItemFolderId>` + ofInbox + `</m:SavedItemFolderId>`
	answerFormat       = `<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:%[1]s><t:ReferenceItemId Id="%[2]s"/></t:%[1]s></m:Items></m:CreateItem>`
	createFolderFormat = `<m:CreateFolder><m:ParentFolderId>` + ofInbox + `</m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>%s</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>`
	updateFolderFormat = `<m:UpdateFolder><m:FolderChanges><t:FolderChange><t:FolderId Id="%s"/><t:Updates>%s</t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>`
	setName            = `<t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/><t:Folder><t:DisplayName>%s</t:DisplayName></t:Folder></t:SetFolderField>`
	moveFolderFormat   = `<m:%[1]s><m:ToFolderId><t:DistinguishedFolderId Id="%[2]s"/></m:ToFolderId><m:FolderIds><t:FolderId Id="%[3]s"/></m:FolderIds></m:%[1]s>`
	deleteFolderFormat = `<m:DeleteFolder DeleteType="%s"><m:FolderIds><t:FolderId Id="%s"/></m:FolderIds></m:DeleteFolder>`
	emptyFolderFormat  = `<m:EmptyFolder DeleteType="%s" DeleteSubFolders="%v"><m:FolderIds>%s</m:FolderIds></m:EmptyFolder>`
	markAllFormat      = `<m:MarkAllItemsAsRead><m:ReadFlag>%v</m:ReadFlag><m:SuppressReadReceipts>true</m:SuppressReadReceipts><m:FolderIds>%s</m:FolderIds></m:MarkAllItemsAsRead>`
	attachFormat       = `<m:CreateAttachment><m:ParentItemId Id="%s"/><m:Attachments>%s</m:Attachments></m:CreateAttachment>`
	detachFormat       = `<m:DeleteAttachment><m:AttachmentIds><t:AttachmentId Id="%s"/></m:AttachmentIds></m:DeleteAttachment>`
	textFile           = `<t:FileAttachment><t:Name>%s</t:Name><t:ContentType>text/plain</t:ContentType><t:Content>aGVsbG8=</t:Content></t:FileAttachment>`
)

// must makes a request that succeeds.
func (w *work) must(format string, a ...any) answer {
	w.t.Helper()
	body := fmt.Sprintf(format, a...)
	answer := w.call(body)
	if answer.code != "NoError" {
		w.t.Fatalf("%s: %s", body, answer.body)
	}
	return answer
}

func readyItem(w *work) string    { return w.s.Deliver(anna).ID }
func readyFolder(w *work) string  { return w.s.CreateFolder(anna, "inbox", "Child").ID }
func readyMeeting(w *work) string { return w.s.Invite(anna).ID }

// readyBoth makes a mail and a folder Child below the inbox, and returns the mail.
func readyBoth(w *work) string { readyFolder(w); return readyItem(w) }

// readyFull makes a folder Child below the inbox with a mail in it, and returns the folder.
func readyFull(w *work) string {
	id := readyFolder(w)
	w.s.Move(anna, readyItem(w), id)
	return id
}

func readyHidden(w *work) string {
	id, _ := w.must(createFormat, "SaveOnly", inInbox, hiddenItem).firstID(w.t)
	return id
}

func readyFile(w *work) string {
	return attachmentIDs(w.must(attachFormat, readyItem(w), fmt.Sprintf(textFile, "a.txt")).body)[0]
}

func deleting(form string) func(*work, string) {
	return func(w *work, id string) { w.must(deleteFormat, form, id) }
}

func deletingFolder(form string) func(*work, string) {
	return func(w *work, id string) { w.must(deleteFolderFormat, form, id) }
}

// deeds are the rows that are alike on every Exchange: those of figure 1 of Microsoft's article on notification
// subscriptions, and operations that it does not name.
var deeds = []deed{
	{"a mail arrives", "inbox", nil, func(w *work, _ string) { w.s.Deliver(anna) },
		"Created:i@Inbox NewMail:i@Inbox Modified:Inbox=1", ""},
	{"a meeting request arrives", "inbox", nil, func(w *work, _ string) { w.s.Invite(anna) },
		"Created:i@Inbox NewMail:i@Inbox Modified:Inbox=1", "Created:i@Inbox NewMail:i@Inbox Modified:Inbox=1 Created:i@Calendar Modified:Calendar"},
	{"a mail is read", "inbox", readyItem, func(w *work, id string) { w.s.MarkRead(anna, id) },
		"Modified:i@Inbox Modified:Inbox=0", ""},
	{"UpdateItem reads", "inbox", readyItem, func(w *work, id string) {
		w.must(updateFormat, "AlwaysOverwrite", id, "", strings.ReplaceAll(setUnread, "false", "true"))
	}, "Modified:i@Inbox Modified:Inbox=0", ""},
	{"UpdateItem edits", "inbox", readyItem, func(w *work, id string) { w.must(updateFormat, "AlwaysOverwrite", id, "", setSubject) },
		"Modified:i@Inbox Modified:Inbox=1", ""},
	{"a mail moves to a folder below", "inbox", readyBoth, func(w *work, id string) { w.s.Move(anna, id, "Child") },
		"Modified:i@Inbox Moved:i@Inbox>Child Modified:Inbox=0 Modified:Child=1", ""},
	{"MoveItem", "inbox", readyItem, func(w *work, id string) { w.must(moveFormat, "MoveItem", "notes", id) },
		"Modified:i@Inbox Moved:i@Inbox>Notes Modified:Inbox=0", "Modified:i@Inbox Moved:i@Inbox>Notes Modified:Inbox=0 Modified:Notes=1"},
	{"MoveItem, seen from where it goes", "notes", readyItem, func(w *work, id string) { w.must(moveFormat, "MoveItem", "notes", id) },
		"Moved:i@Inbox>Notes Modified:Notes=1", "Modified:i@Inbox Moved:i@Inbox>Notes Modified:Inbox=0 Modified:Notes=1"},
	{"a mail is copied", "notes", readyItem, func(w *work, id string) { w.s.Copy(anna, id, "notes") },
		"Created:i@Notes Modified:Notes=1", ""},
	{"CopyItem", "inbox notes", readyItem, func(w *work, id string) { w.must(moveFormat, "CopyItem", "notes", id) },
		"Created:i@Notes Modified:Notes=1", ""},
	{"a draft is saved", "drafts", nil, func(w *work, _ string) { w.s.SaveDraft(anna) },
		"Created:i@Drafts Modified:i@Drafts Moved:i@Drafts>Drafts Modified:Drafts=0", ""},
	{"CreateItem saves", "drafts", nil, func(w *work, _ string) { w.must(createFormat, "SaveOnly", "", messageToBert) },
		"Created:i@Drafts Modified:Drafts=0", ""},
	{"a meeting is accepted", "calendar", readyMeeting, func(w *work, _ string) { w.s.Accept(anna) },
		"Modified:i@Calendar FreeBusyChanged:i@Calendar Modified:Calendar", ""},
	{"a meeting without a request is accepted", "calendar", nil, func(w *work, _ string) { w.s.Accept(anna) },
		"Created:i@Calendar Modified:i@Calendar FreeBusyChanged:i@Calendar Modified:Calendar", ""},
	{"AcceptItem", "calendar", readyMeeting, func(w *work, id string) { w.must(answerFormat, "AcceptItem", id) },
		"Modified:i@Calendar FreeBusyChanged:i@Calendar Modified:Calendar", ""},
	{"a folder is created", "inbox", nil, func(w *work, _ string) { w.s.CreateFolder(anna, "inbox", "Child") },
		"Created:Child@Inbox Modified:Inbox=0", ""},
	{"CreateFolder", "inbox", nil, func(w *work, _ string) { w.must(createFolderFormat, "Child") },
		"Created:Child@Inbox Modified:Inbox=0", ""},
	{"MoveFolder", "inbox notes", readyFull, func(w *work, id string) { w.must(moveFolderFormat, "MoveFolder", "notes", id) },
		"Moved:Child@Inbox>Notes Modified:Inbox=0 Modified:Notes=0", ""},
	{"UpdateFolder", "inbox", readyFolder, func(w *work, id string) { w.must(updateFolderFormat, id, fmt.Sprintf(setName, "Renamed")) },
		"Modified:Renamed=0", ""},
	{"CopyFolder", "notes", readyFull, func(w *work, id string) { w.must(moveFolderFormat, "CopyFolder", "notes", id) },
		"Created:Child@Notes Modified:Notes=0 Modified:Child=1", "Created:Child@Notes Modified:Notes=0 Created:i@Child Modified:Child=1"},
	{"a hidden item is created", "inbox", nil, func(w *work, _ string) { readyHidden(w) }, "Created:i@Inbox", ""},
	{"a hidden item is deleted", "inbox", readyHidden, deleting("SoftDelete"), "Moved:i@Inbox>Deletions", ""},
	{"MarkAllItemsAsRead", "inbox", readyItem, func(w *work, _ string) { w.must(markAllFormat, true, ofInbox) },
		"Modified:i@Inbox Modified:Inbox=0", ""},
	{"CreateAttachment", "inbox", readyItem, func(w *work, id string) { w.must(attachFormat, id, fmt.Sprintf(textFile, "a.txt")) },
		"Modified:i@Inbox Modified:Inbox=1", ""},
	{"DeleteAttachment", "inbox", readyFile, func(w *work, id string) { w.must(detachFormat, id) },
		"Modified:i@Inbox Modified:Inbox=1", ""},
	{"hard deletion", "inbox", readyFolder, deletingFolder("HardDelete"), "Deleted:gone@Inbox Modified:Inbox=0", ""},
	{"soft deletion of a folder", "inbox", readyFull, deletingFolder("SoftDelete"), "Deleted:gone@Inbox Modified:Inbox=0", ""},
}

// deletions are the rows of Microsoft's article on deletion events, by server.
var deletions = map[exchangesim.Profile][]deed{
	exchangesim.Exchange2019: {
		{"SoftDelete", "inbox", readyItem, deleting("SoftDelete"),
			"Moved:i@Inbox>Deletions Modified:Inbox=0", "Deleted:i@Inbox Deleted:i@Inbox Modified:Inbox=0"},
		{"HardDelete", "inbox", readyItem, deleting("HardDelete"),
			"Deleted:i@Inbox Modified:Inbox=0", "Deleted:i@Inbox Deleted:i@Inbox Modified:Inbox=0"},
		{"a mail is deleted", "inbox", readyItem, func(w *work, id string) { w.s.Delete(anna, id) },
			"Deleted:i@Inbox Modified:Inbox=0", "Deleted:i@Inbox Deleted:i@Inbox Modified:Inbox=0"},
		{"MoveToDeletedItems", "inbox deleteditems", readyItem, deleting("MoveToDeletedItems"),
			"Moved:i@Inbox>Deleted Items Modified:Inbox=0 Modified:Deleted Items=1",
			"Deleted:i@Inbox Created:i@Deleted Items Modified:Inbox=0 Modified:Deleted Items=1"},
		{"a folder to Deleted Items", "inbox deleteditems", readyFull, deletingFolder("MoveToDeletedItems"),
			"Moved:Child@Inbox>Deleted Items Modified:Inbox=0 Modified:Deleted Items=0", "Modified:Inbox=0 Modified:Deleted Items=0"},
		{"EmptyFolder", "inbox", readyBoth, func(w *work, _ string) { w.must(emptyFolderFormat, "HardDelete", true, ofInbox) },
			"Deleted:i@Inbox Modified:Inbox=0 Deleted:gone@Inbox Modified:Inbox=0",
			"Deleted:i@Inbox Deleted:i@Inbox Modified:Inbox=0 Deleted:gone@Inbox Modified:Inbox=0"},
	},
	exchangesim.Exchange2010: {
		{"SoftDelete", "inbox", readyItem, deleting("SoftDelete"), "Deleted:i@Inbox Modified:Inbox=0", ""},
		{"HardDelete", "inbox", readyItem, deleting("HardDelete"), "Deleted:i@Inbox Modified:Inbox=0", ""},
		{"MoveToDeletedItems", "inbox deleteditems", readyItem, deleting("MoveToDeletedItems"),
			"Moved:i@Inbox>Deleted Items Modified:Inbox=0 Modified:Deleted Items=1", ""},
		{"a folder to Deleted Items", "inbox deleteditems", readyFull, deletingFolder("MoveToDeletedItems"),
			"Moved:Child@Inbox>Deleted Items Modified:Inbox=0 Modified:Deleted Items=0", ""},
	},
}
