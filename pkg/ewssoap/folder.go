package ewssoap

import (
	"encoding/xml"
	"strings"
)

// FolderID names a folder in a request: exactly one of Distinguished and ID is set.
type FolderID struct {
	Distinguished string // DistinguishedFolderId: "inbox", "msgfolderroot" and so on
	Mailbox       string // whose distinguished folder, for a delegate; empty: the mailbox that is impersonated, or the caller's
	ID            string // FolderId, as a server gave it
}

// Folder is a folder in an answer (MS-OXWSFOLD, BaseFolderType). Everything but ID and Class stands there only if it was
// asked for and the server had it.
type Folder struct {
	Class            string // name of the element: Folder, CalendarFolder, ContactsFolder, TasksFolder, SearchFolder and so on
	ID               ID
	ParentID         ID
	FolderClass      string // "IPF.Note" and so on
	DisplayName      string
	Distinguished    string // DistinguishedFolderId
	TotalCount       *int   // items
	ChildFolderCount *int
	UnreadCount      *int
	Properties       map[Property]string // as the server wrote them; nil if none
}

// wireFolder is a folder of any kind.
type wireFolder struct {
	XMLName          xml.Name
	ID               wireID         `xml:"FolderId"`
	ParentID         wireID         `xml:"ParentFolderId"`
	FolderClass      string         `xml:"FolderClass"`
	DisplayName      string         `xml:"DisplayName"`
	Distinguished    string         `xml:"DistinguishedFolderId"`
	TotalCount       string         `xml:"TotalCount"`
	ChildFolderCount string         `xml:"ChildFolderCount"`
	UnreadCount      string         `xml:"UnreadCount"`
	Properties       []wireProperty `xml:"ExtendedProperty"`
}

// wireFolders is a list of folders in their order.
type wireFolders struct {
	Folders []wireFolder `xml:",any"`
}

func (w *wireFolder) folder() Folder {
	f := Folder{
		Class: w.XMLName.Local, ID: ID(w.ID), ParentID: ID(w.ParentID),
		FolderClass: strings.TrimSpace(w.FolderClass), DisplayName: w.DisplayName, Distinguished: strings.TrimSpace(w.Distinguished),
		TotalCount: countOf(w.TotalCount), ChildFolderCount: countOf(w.ChildFolderCount), UnreadCount: countOf(w.UnreadCount),
	}
	for _, p := range properties(w.Properties) {
		if f.Properties == nil {
			f.Properties = make(map[Property]string)
		}
		f.Properties[p.Property] = p.Value
	}
	return f
}
