package ewssoap

import (
	"strconv"
	"strings"
)

// FolderID names a folder in a request: exactly one of Distinguished and ID is set.
type FolderID struct {
	Distinguished string // DistinguishedFolderId: "inbox", "msgfolderroot" and so on
	Mailbox       string // whose distinguished folder, for a delegate; empty: the mailbox that is impersonated, or the caller's
	ID            string // FolderId, as a server gave it
}

// Property is a MAPI property to be returned with a folder.
type Property struct {
	Tag  uint16 // PropertyTag: the property's id
	Type string // PropertyType: "SystemTime", "Integer" and so on
}

// Properties that tell whether a folder changed (MS-OXPROPS).
var (
	// LocalCommitTimeMax is the latest change of an object of the folder itself, PR_LOCAL_COMMIT_TIME_MAX.
	LocalCommitTimeMax = Property{Tag: 0x670a, Type: "SystemTime"}
	// DeletedCountTotal counts the messages ever deleted from the folder itself, PR_DELETED_COUNT_TOTAL.
	DeletedCountTotal = Property{Tag: 0x670b, Type: "Integer"}
)

// Folder is a folder in an answer of shape IdOnly.
type Folder struct {
	ID         ID
	Properties map[Property]string // those asked for that the server had, as it wrote them; nil if none
}

// wireFolder is a folder of any kind: Folder, CalendarFolder, SearchFolder and so on.
type wireFolder struct {
	ID         wireID `xml:"FolderId"`
	Properties []struct {
		URI struct {
			Tag  string `xml:"PropertyTag,attr"`
			Type string `xml:"PropertyType,attr"`
		} `xml:"ExtendedFieldURI"`
		Value string `xml:"Value"`
	} `xml:"ExtendedProperty"`
}

// wireFolders is a list of folders in their order.
type wireFolders struct {
	Folders []wireFolder `xml:",any"`
}

func (w *wireFolder) folder() Folder {
	f := Folder{ID: ID(w.ID)}
	for _, p := range w.Properties {
		tag, err := strconv.ParseUint(strings.TrimSpace(p.URI.Tag), 0, 16) // 0x670a, and servers write decimals too
		if err != nil {
			continue
		}
		if f.Properties == nil {
			f.Properties = make(map[Property]string)
		}
		f.Properties[Property{Tag: uint16(tag), Type: p.URI.Type}] = strings.TrimSpace(p.Value)
	}
	return f
}
