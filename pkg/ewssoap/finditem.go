package ewssoap

import (
	"context"
	"iter"
	"time"
)

// FindItemRequest asks for one page of the items in a folder.
type FindItemRequest struct {
	Parent     FolderID
	Shape      Shape
	Since      *Since // nil: all items
	Sort       *Sort  // nil: in the server's order
	Offset     int    // of the first item wanted: FindItemPage.NextOffset of the page before
	MaxEntries int    // 1 to 1000; pages may be shorter, with Since 250 are usual
}

// Since is a restriction to items on which a date is Time or later (IsGreaterThanOrEqualTo). Servers compare whole
// seconds, and Time is sent without its fraction, so that an item is rather found twice than not at all.
type Since struct {
	Path Path // a date: [LocalCommitTime], [FieldReceived]
	Time time.Time
}

// Sort is an order of items.
type Sort struct {
	Path       Path
	Descending bool
}

// FindItemPage is a page of items.
type FindItemPage struct {
	Items      []Item
	Total      int  // TotalItemsInView
	NextOffset int  // Offset of the next page
	Last       bool // there is no next page
	Meta       Meta
}

type findItemMessage struct {
	status
	Root struct {
		wirePaging
		Items wireItems `xml:"Items"`
	} `xml:"RootFolder"`
}

// FindItem returns a page of the items in a folder (MS-OXWSSRCH, FindItem). It does not see what was deleted, and pages
// are no snapshot: sort by the date that restricts, ascending, and what changes meanwhile comes later once more.
func (c *Client) FindItem(ctx context.Context, call Call, r FindItemRequest) (*FindItemPage, error) {
	const op = "FindItem"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	messages, t, err := ask[findItemMessage](ctx, c, op, call, r.write)
	if err != nil {
		return nil, err
	}
	m := messages[0]
	if e := m.failure(t); e != nil {
		return nil, e
	}
	paging, err := m.Root.paging(r.view(), len(m.Root.Items.Items))
	if err != nil {
		return nil, t.fail(ConditionMalformed, err.Error())
	}
	return &FindItemPage{Items: m.Root.Items.items(), Total: paging.total, NextOffset: paging.next, Last: paging.last, Meta: t.meta}, nil
}

// FindItemPages yields the pages from r.Offset on, one request for each, until the last one or an error.
func (c *Client) FindItemPages(ctx context.Context, call Call, r FindItemRequest) iter.Seq2[*FindItemPage, error] {
	return pages(func() (*FindItemPage, bool, error) {
		page, err := c.FindItem(ctx, call, r)
		if err != nil {
			return nil, true, err
		}
		r.Offset = page.NextOffset
		return page, page.Last, nil
	})
}

func (r FindItemRequest) view() view { return view{r.Offset, r.MaxEntries} }

func (r FindItemRequest) check() error {
	if err := r.view().check(); err != nil {
		return err
	}
	if err := r.Shape.check(); err != nil {
		return err
	}
	if r.Since != nil {
		if err := r.Since.Path.check(); err != nil {
			return err
		}
	}
	if r.Sort != nil {
		if err := r.Sort.Path.check(); err != nil {
			return err
		}
	}
	return r.Parent.check()
}

func (r FindItemRequest) write(w *xmlWriter) {
	w.open("m:FindItem", "Traversal", "Shallow")
	w.shape("m:ItemShape", r.Shape)
	r.view().write(w, "m:IndexedPageItemView")
	if r.Since != nil {
		w.open("m:Restriction")
		w.open("t:IsGreaterThanOrEqualTo")
		w.path(r.Since.Path)
		w.open("t:FieldURIOrConstant")
		w.empty("t:Constant", "Value", wireTime(r.Since.Time))
		w.close("t:FieldURIOrConstant")
		w.close("t:IsGreaterThanOrEqualTo")
		w.close("m:Restriction")
	}
	if r.Sort != nil {
		order := "Ascending"
		if r.Sort.Descending {
			order = "Descending"
		}
		w.open("m:SortOrder")
		w.open("t:FieldOrder", "Order", order)
		w.path(r.Sort.Path)
		w.close("t:FieldOrder")
		w.close("m:SortOrder")
	}
	w.folders("m:ParentFolderIds", []FolderID{r.Parent})
	w.close("m:FindItem")
}
