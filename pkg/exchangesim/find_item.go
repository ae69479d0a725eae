package exchangesim

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// findItem answers FindItem with Traversal Shallow: restricted by times, sorted by one, paged.
func (c *call) findItem() ([]message, *soapFault) {
	if c.op.attr("Traversal") != "Shallow" {
		return nil, schemaFault("Traversal is not Shallow")
	}
	sh, view := readShape(c.op.child(nsMessages, "ItemShape")), readView(c.op.child(nsMessages, "IndexedPageItemView"))
	matches, ok := readRestriction(c.op.child(nsMessages, "Restriction").first())
	if !ok {
		return []message{failure("ErrorUnsupportedPathForQuery")}, nil
	}
	compare := readSortOrder(c.op.child(nsMessages, "SortOrder"))
	return c.perFolder(func(f *folder) message {
		var found []*item
		for _, it := range f.mailbox.items {
			if it.folder == f && matches(it) {
				found = append(found, it)
			}
		}
		slices.SortFunc(found, compare)
		from, to, ok := view.page(len(found))
		if !ok {
			return failure("ErrorInvalidPagingMaxRows")
		}
		x := &xmlBuffer{}
		rootFolder(x, to, len(found)).raw(`<t:Items>`)
		for _, it := range found[from:to] {
			it.render(x, sh)
		}
		return success(string(x.raw(`</t:Items></m:RootFolder>`).b))
	})
}

// itemTimes are the properties that restrictions and sort orders know.
var itemTimes = map[string]func(*item) time.Time{
	"item:DateTimeCreated":           func(it *item) time.Time { return it.created },
	"item:DateTimeReceived":          func(it *item) time.Time { return it.created },
	"item:LastModifiedTime":          func(it *item) time.Time { return it.committed },
	timeTag(tagLocalCommitTime):      func(it *item) time.Time { return it.committed },
	timeTag(tagLastModificationTime): func(it *item) time.Time { return it.committed },
}

func timeTag(tag int64) string { return "0x" + strconv.FormatInt(tag, 16) }

// timeOf finds the property that a FieldURI or ExtendedFieldURI child of n names; nil if there is none.
func timeOf(n *node) func(*item) time.Time {
	if uri := n.child(nsTypes, "FieldURI"); uri != nil {
		return itemTimes[uri.attr("FieldURI")]
	}
	p, _ := readProperty(n.child(nsTypes, "ExtendedFieldURI"))
	return itemTimes[timeTag(p.tag)]
}

// comparisons are the search expressions, on the sign of comparing property and constant.
var comparisons = map[string]func(sign int) bool{
	"IsGreaterThan":          func(sign int) bool { return sign > 0 },
	"IsGreaterThanOrEqualTo": func(sign int) bool { return sign >= 0 },
	"IsLessThan":             func(sign int) bool { return sign < 0 },
	"IsLessThanOrEqualTo":    func(sign int) bool { return sign <= 0 },
}

// readRestriction turns a search expression into a filter; false if it is not one this server knows.
func readRestriction(n *node) (func(*item) bool, bool) {
	if n == nil {
		return func(*item) bool { return true }, true
	}
	if n.is(nsTypes, "And") {
		return readAnd(n)
	}
	holds, property := comparisons[n.name.Local], timeOf(n)
	constant := n.child(nsTypes, "FieldURIOrConstant").child(nsTypes, "Constant").attr("Value")
	limit, err := time.Parse(time.RFC3339, constant)
	if holds == nil || property == nil || err != nil {
		return nil, false
	}
	return func(it *item) bool { return holds(property(it).Compare(limit)) }, true
}

func readAnd(n *node) (func(*item) bool, bool) {
	var all []func(*item) bool
	for _, c := range n.all() {
		matches, ok := readRestriction(c)
		if !ok {
			return nil, false
		}
		all = append(all, matches)
	}
	return func(it *item) bool {
		return !slices.ContainsFunc(all, func(matches func(*item) bool) bool { return !matches(it) })
	}, true
}

// readSortOrder compares by the first FieldOrder; equal items, and all without one, by age.
func readSortOrder(n *node) func(a, b *item) int {
	order := n.child(nsTypes, "FieldOrder")
	property, sign := timeOf(order), 1
	if order.attr("Order") == "Descending" {
		sign = -1
	}
	return func(a, b *item) int {
		if property != nil {
			if c := property(a).Compare(property(b)); c != 0 {
				return sign * c
			}
		}
		return cmp.Compare(a.number, b.number)
	}
}

// render writes the item in the order of types.xsd.
func (it *item) render(x *xmlBuffer, sh shape) {
	element, f := "t:Message", it.folder
	if f.isCalendar() {
		element = "t:CalendarItem"
	}
	x.raw("<", element, ">").id("t:ItemId", it.id, f.itemKey())
	if sh.wants("item:ParentFolderId") {
		x.id("t:ParentFolderId", f.plainID(), f.changeKey())
	}
	if sh.wants("item:DateTimeReceived") {
		x.element("t:DateTimeReceived", wireTime(it.created))
	}
	if sh.wants("item:DateTimeCreated") {
		x.element("t:DateTimeCreated", wireTime(it.created))
	}
	for _, p := range sh.extended {
		if p.tag == tagLocalCommitTime || p.tag == tagLastModificationTime {
			x.property(p, wireTime(it.committed))
		}
	}
	if sh.wants("item:LastModifiedTime") {
		x.element("t:LastModifiedTime", wireTime(it.committed))
	}
	if element == "t:Message" && sh.wants("message:IsRead") {
		x.element("t:IsRead", strconv.FormatBool(it.read))
	}
	x.raw("</", element, ">")
}
