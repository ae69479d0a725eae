package ewssoap

import (
	"context"
	"iter"
)

// FindFolderRequest asks for one page of the folders below Parent.
type FindFolderRequest struct {
	Parent     FolderID
	Deep       bool       // all descendants, not only children
	Offset     int        // of the first folder wanted: FindFolderPage.NextOffset of the page before
	MaxEntries int        // 1 to 1000; pages may be shorter
	Fields     []Field    // wanted besides the id
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

type findFolderMessage struct {
	status
	Root struct {
		wirePaging
		Folders wireFolders `xml:"Folders"`
	} `xml:"RootFolder"`
}

// FindFolder returns a page of the folders below a folder (MS-OXWSFOLD, FindFolder). Pages are no snapshot: folders made
// or moved between two pages may be missing or come twice.
func (c *Client) FindFolder(ctx context.Context, call Call, r FindFolderRequest) (*FindFolderPage, error) {
	const op = "FindFolder"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	messages, t, err := ask[findFolderMessage](ctx, c, op, call, r.write)
	if err != nil {
		return nil, err
	}
	m := messages[0]
	if e := m.failure(t); e != nil {
		return nil, e
	}
	paging, err := m.Root.paging(r.view(), len(m.Root.Folders.Folders))
	if err != nil {
		return nil, t.fail(ConditionMalformed, err.Error())
	}
	page := &FindFolderPage{Total: paging.total, NextOffset: paging.next, Last: paging.last, Meta: t.meta}
	for i := range m.Root.Folders.Folders {
		page.Folders = append(page.Folders, m.Root.Folders.Folders[i].folder())
	}
	return page, nil
}

// FindFolderPages yields the pages from r.Offset on, one request for each, until the last one or an error.
func (c *Client) FindFolderPages(ctx context.Context, call Call, r FindFolderRequest) iter.Seq2[*FindFolderPage, error] {
	return pages(func() (*FindFolderPage, bool, error) {
		page, err := c.FindFolder(ctx, call, r)
		if err != nil {
			return nil, true, err
		}
		r.Offset = page.NextOffset
		return page, page.Last, nil
	})
}

func (r FindFolderRequest) view() view { return view{r.Offset, r.MaxEntries} }

func (r FindFolderRequest) shape() Shape { return Shape{Fields: r.Fields, Properties: r.Properties} }

func (r FindFolderRequest) check() error {
	if err := r.view().check(); err != nil {
		return err
	}
	if err := r.shape().check(); err != nil {
		return err
	}
	return r.Parent.check()
}

func (r FindFolderRequest) write(w *xmlWriter) {
	traversal := "Shallow"
	if r.Deep {
		traversal = "Deep"
	}
	w.open("m:FindFolder", "Traversal", traversal)
	w.shape("m:FolderShape", r.shape())
	r.view().write(w, "m:IndexedPageFolderView")
	w.folders("m:ParentFolderIds", []FolderID{r.Parent})
	w.close("m:FindFolder")
}
