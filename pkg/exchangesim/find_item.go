package exchangesim

import (
	"cmp"
	"slices"
)

// findItem answers FindItem, with Traversal Associated for hidden items: restricted, sorted and paged.
func (c *call) findItem() ([]message, *soapFault) {
	traversal := c.op.attr("Traversal")
	if traversal != "Shallow" && traversal != "SoftDeleted" && traversal != "Associated" {
		return nil, schemaFault("Traversal is not Shallow, SoftDeleted or Associated")
	}
	none := traversal == "SoftDeleted" // recoverable items have a folder of their own
	sh, view := readShape(c.op.child(nsMessages, "ItemShape")), readView(c.op.child(nsMessages, "IndexedPageItemView"))
	matches, ok := readRestriction(c.op.child(nsMessages, "Restriction").first())
	compare, sortable := readSortOrder(c.op.child(nsMessages, "SortOrder"))
	if !ok || !sortable {
		return []message{failure("ErrorUnsupportedPathForQuery")}, nil
	}
	if calendar := c.op.child(nsMessages, "CalendarView"); calendar != nil {
		window, f := readCalendarView(calendar)
		if f != nil {
			return nil, f
		}
		matches = allOf(matches, window)
	}
	return c.perFolder(func(f *folder) message {
		var found []itemView
		for _, it := range f.mailbox.items {
			if v := (itemView{it, new(*content), sh, true}); !none && it.folder == f && it.hidden == (traversal == "Associated") && matches(v) {
				found = append(found, v)
			}
		}
		slices.SortFunc(found, compare)
		from, to, ok := view.page(len(found))
		if !ok {
			return failure("ErrorInvalidPagingMaxRows")
		}
		x := &xmlBuffer{}
		rootFolder(x, to, len(found)).raw(`<t:Items>`)
		for _, v := range found[from:to] {
			v.render(x, sh, true)
		}
		return success(string(x.raw(`</t:Items></m:RootFolder>`).b))
	})
}

// readCalendarView reads a window of time; appointments that overlap it are in it.
func readCalendarView(n *node) (filter, *soapFault) {
	start, err := parseTime(n.attr("StartDate"))
	end, err2 := parseTime(n.attr("EndDate"))
	if err != nil || err2 != nil {
		return nil, schemaFault("StartDate or EndDate of CalendarView is no time")
	}
	return func(v itemView) bool { return v.says().start.Before(end) && v.says().end.After(start) }, nil
}

// readSortOrder compares by the FieldOrders; equal items, and all without one, by age.
func readSortOrder(n *node) (func(a, b itemView) int, bool) {
	type order struct {
		value func(itemView) any
		sign  int
	}
	var orders []order
	for _, field := range n.named(nsTypes, "FieldOrder") {
		o := order{valueOf(field), 1}
		if field.attr("Order") == "Descending" {
			o.sign = -1
		}
		if o.value == nil {
			return nil, false
		}
		orders = append(orders, o)
	}
	return func(a, b itemView) int {
		for _, o := range orders {
			if c := compareValues(o.value(a), o.value(b)); c != 0 {
				return o.sign * c
			}
		}
		return cmp.Compare(a.number, b.number)
	}, true
}
