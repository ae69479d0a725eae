package jetbus

import (
	"strings"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// selection is what a reader of events wants: the subjects to ask the server for,
// and the filters to apply here where the server cannot.
type selection struct {
	subjects []string
	filters  []string
}

// selection turns filters into subjects. The server refuses a consumer whose
// filters overlap; where they do, all events are asked for and selected here.
func (b *Bus) selection(filters []messages.EventFilter) selection {
	var s selection
	for _, filter := range filters {
		s.filters = append(s.filters, b.subjects.Filter(filter))
	}
	s.subjects = disjoint(s.filters)
	if len(s.subjects) == 0 {
		s.subjects = []string{b.subjects.Events()}
	}
	return s
}

func (s selection) matches(subject string) bool {
	if len(s.filters) == 0 {
		return true
	}
	for _, filter := range s.filters {
		if covers(filter, subject) {
			return true
		}
	}
	return false
}

// disjoint leaves out filters that another covers; nil when two of the rest overlap.
func disjoint(filters []string) []string {
	var kept []string
	for i, filter := range filters {
		if !coveredByOther(filters, i) {
			kept = append(kept, filter)
		}
	}
	for i, a := range kept {
		for _, b := range kept[i+1:] {
			if overlap(a, b) {
				return nil
			}
		}
	}
	return kept
}

func coveredByOther(filters []string, i int) bool {
	for j, other := range filters {
		equal := other == filters[i]
		if j != i && covers(other, filters[i]) && (!equal || j < i) {
			return true
		}
	}
	return false
}

// covers reports whether every subject that matches b matches a. Both have one
// token for each place; * stands for any.
func covers(a, b string) bool {
	return eachToken(a, b, func(x, y string) bool { return x == "*" || x == y })
}

func overlap(a, b string) bool {
	return eachToken(a, b, func(x, y string) bool { return x == "*" || y == "*" || x == y })
}

func eachToken(a, b string, ok func(x, y string) bool) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	if len(as) != len(bs) {
		return false
	}
	for i := range as {
		if !ok(as[i], bs[i]) {
			return false
		}
	}
	return true
}
