package ewssoap

import (
	"context"
	"fmt"
	"strconv"
)

// FindFolderRequest asks for one page of the folders below Parent.
type FindFolderRequest struct {
	Parent     FolderID
	Deep       bool       // all descendants, not only children
	Offset     int        // of the first folder wanted: FindFolderPage.NextOffset of the page before
	MaxEntries int        // 1 to 1000; pages may be shorter
	Properties []Property // wanted besides the id
}

// FindFolderPage is a page of folders.
type FindFolderPage struct {
	Folders    []Folder
	Total      int  // TotalItemsInView
	NextOffset int  // Offset of the next page
	Last       bool // there is no next page
	Meta       Meta
}

// maxFindEntries is the usual EWSFindCountLimit (office-developer-exchange-docs, "EWS throttling in Exchange").
const maxFindEntries = 1000

type findFolderAnswer struct {
	Messages []struct {
		status
		Root struct {
			Total      string      `xml:"TotalItemsInView,attr"`
			NextOffset string      `xml:"IndexedPagingOffset,attr"`
			Last       string      `xml:"IncludesLastItemInRange,attr"`
			Folders    wireFolders `xml:"Folders"`
		} `xml:"RootFolder"`
	} `xml:"ResponseMessages>FindFolderResponseMessage"`
}

func (a *findFolderAnswer) empty() bool { return len(a.Messages) == 0 }

// FindFolder returns a page of the folders below a folder (MS-OXWSFOLD, FindFolder). Pages are no snapshot: folders made
// or moved between two pages may be missing or come twice.
func (c *Client) FindFolder(ctx context.Context, call Call, r FindFolderRequest) (*FindFolderPage, error) {
	const op = "FindFolder"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	var a findFolderAnswer
	t, err := c.do(ctx, c.ewsRequest(op, call, r.write), &a)
	if err != nil {
		return nil, err
	}
	m := a.Messages[0]
	if e := m.failure(t); e != nil {
		return nil, e
	}
	count := len(m.Root.Folders.Folders)
	page := &FindFolderPage{Last: isTrue(m.Root.Last), NextOffset: r.Offset + count, Meta: t.meta}
	if m.Root.Last == "" { // a server without paging attributes
		page.Last = count < r.MaxEntries
	}
	if total := countOf(m.Root.Total); total != nil {
		page.Total = *total
	}
	if next := countOf(m.Root.NextOffset); next != nil {
		page.NextOffset = *next
	}
	if !page.Last && page.NextOffset <= r.Offset {
		return nil, t.fail(ConditionMalformed, fmt.Sprintf("the next page is said to begin at %d, this one did at %d", page.NextOffset, r.Offset))
	}
	for i := range m.Root.Folders.Folders {
		page.Folders = append(page.Folders, m.Root.Folders.Folders[i].folder())
	}
	return page, nil
}

func (r FindFolderRequest) check() error {
	if r.MaxEntries < 1 || r.MaxEntries > maxFindEntries {
		return fmt.Errorf("MaxEntries must be 1 to %d, is %d", maxFindEntries, r.MaxEntries)
	}
	if r.Offset < 0 {
		return fmt.Errorf("negative Offset %d", r.Offset)
	}
	return r.Parent.check()
}

func (r FindFolderRequest) write(w *xmlWriter) {
	traversal := "Shallow"
	if r.Deep {
		traversal = "Deep"
	}
	w.open("m:FindFolder", "Traversal", traversal)
	w.folderShape(r.Properties)
	w.empty("m:IndexedPageFolderView", "MaxEntriesReturned", strconv.Itoa(r.MaxEntries),
		"Offset", strconv.Itoa(r.Offset), "BasePoint", "Beginning")
	w.folders("m:ParentFolderIds", []FolderID{r.Parent})
	w.close("m:FindFolder")
}
