package ewssoap

import (
	"fmt"
	"iter"
	"strconv"
)

// maxFindEntries is the usual EWSFindCountLimit (office-developer-exchange-docs, "EWS throttling in Exchange").
const maxFindEntries = 1000

// view is a page that is asked for (MS-OXWSSRCH, IndexedPageViewType).
type view struct{ offset, maxEntries int }

func (v view) check() error {
	if v.maxEntries < 1 || v.maxEntries > maxFindEntries {
		return fmt.Errorf("MaxEntries must be 1 to %d, is %d", maxFindEntries, v.maxEntries)
	}
	if v.offset < 0 {
		return fmt.Errorf("negative Offset %d", v.offset)
	}
	return nil
}

func (v view) write(w *xmlWriter, element string) {
	w.empty(element, "MaxEntriesReturned", strconv.Itoa(v.maxEntries), "Offset", strconv.Itoa(v.offset), "BasePoint", "Beginning")
}

// wirePaging is what a RootFolder says of its page (MS-OXWSSRCH, FindResponsePagingAttributes).
type wirePaging struct {
	Total      string `xml:"TotalItemsInView,attr"`
	NextOffset string `xml:"IndexedPagingOffset,attr"`
	Last       string `xml:"IncludesLastItemInRange,attr"`
}

// paging is where a page stands among the others.
type paging struct {
	total, next int
	last        bool
}

// paging reads what is said of a page with count entries; a server may say nothing. The error is of a next page that
// would be this one or one before.
func (w wirePaging) paging(asked view, count int) (paging, error) {
	p := paging{last: isTrue(w.Last), next: asked.offset + count}
	if w.Last == "" {
		p.last = count < asked.maxEntries
	}
	if total := countOf(w.Total); total != nil {
		p.total = *total
	}
	if next := countOf(w.NextOffset); next != nil {
		p.next = *next
	}
	if !p.last && p.next <= asked.offset {
		return p, fmt.Errorf("the next page is said to begin at %d, this one did at %d", p.next, asked.offset)
	}
	return p, nil
}

// pages yields what next returns until that was the last page, or failed.
func pages[P any](next func() (page *P, last bool, err error)) iter.Seq2[*P, error] {
	return func(yield func(*P, error) bool) {
		for {
			page, last, err := next()
			if !yield(page, err) || err != nil || last {
				return
			}
		}
	}
}
