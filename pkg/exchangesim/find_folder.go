package exchangesim

import "strconv"

// maxFound is EWSFindCountLimit.
const maxFound = 1000

// findFolder answers FindFolder, Deep or Shallow and restricted, with a message for each parent.
func (c *call) findFolder() ([]message, *soapFault) {
	sh, view := readShape(c.op.child(nsMessages, "FolderShape")), readView(c.op.child(nsMessages, "IndexedPageFolderView"))
	deep := c.op.attr("Traversal") == "Deep"
	if !deep && c.op.attr("Traversal") != "Shallow" {
		return nil, schemaFault("Traversal is neither Deep nor Shallow")
	}
	matches, ok := searchedFolders.restriction(c.op.child(nsMessages, "Restriction").first())
	if !ok {
		return []message{failure("ErrorUnsupportedPathForQuery")}, nil
	}
	return c.perFolder(func(parent *folder) message {
		var found []*folder
		for _, f := range parent.mailbox.folders {
			below := f.parent == parent || deep && f.descendsFrom(parent)
			if !f.gone && below && matches(f) && c.permission(f) != PermissionNone {
				found = append(found, f)
			}
		}
		from, to, ok := view.page(len(found))
		if !ok {
			return failure("ErrorInvalidPagingMaxRows")
		}
		x := &xmlBuffer{}
		rootFolder(x, to, len(found)).raw(`<t:Folders>`)
		for _, f := range found[from:to] {
			f.render(x, sh)
		}
		return success(string(x.raw(`</t:Folders></m:RootFolder>`).b))
	})
}

// perFolder answers with a message for each folder the request names.
func (c *call) perFolder(answer func(*folder) message) ([]message, *soapFault) {
	refs := c.folderRefs()
	if len(refs) == 0 {
		return nil, schemaFault("no folder is named")
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
		messages = append(messages, answer(f))
	}
	return messages, nil
}

// rootFolder opens the element that holds a page which ends before offset to.
func rootFolder(x *xmlBuffer, to, total int) *xmlBuffer {
	return x.raw(`<m:RootFolder IndexedPagingOffset="`, strconv.Itoa(to), `" TotalItemsInView="`, strconv.Itoa(total),
		`" IncludesLastItemInRange="`, strconv.FormatBool(to == total), `">`)
}

// view is an IndexedPageFolderView or IndexedPageItemView.
type view struct {
	max, offset int
	fromEnd     bool
	bad         bool
}

func readView(n *node) view {
	v := view{max: maxFound, fromEnd: n.attr("BasePoint") == "End"}
	if n == nil {
		return v
	}
	offset, err := strconv.Atoi(n.attr("Offset"))
	v.offset, v.bad = offset, err != nil || offset < 0
	if s := n.attr("MaxEntriesReturned"); s != "" {
		most, err := strconv.Atoi(s)
		v.max, v.bad = min(most, maxFound), v.bad || err != nil || most < 1
	}
	return v
}

// page returns the bounds of the page among n results.
func (v view) page(n int) (from, to int, ok bool) {
	if v.bad {
		return 0, 0, false
	}
	if v.fromEnd {
		to = max(0, n-v.offset)
		return max(0, to-v.max), to, true
	}
	from = min(v.offset, n)
	return from, min(n, from+v.max), true
}
