package exchangesim

import "strings"

// filter tells whether an item is looked for.
type filter = func(itemView) bool

// searched is what a restriction looks through: items or folders.
type searched[T any] struct {
	valueOf func(n *node) func(T) any // the property that a path child of n names, nil if this server does not know it
	empty   T                         // one that has nothing, whose properties have their types
}

var searchedItems = searched[itemView]{valueOf, itemView{item: &item{}, memo: ptr(&content{})}}

func ptr[T any](v T) *T { return &v }

// readRestriction turns a search expression for items into a filter; false if it is not one this server knows.
func readRestriction(n *node) (filter, bool) { return searchedItems.restriction(n) }

// comparisons are the search expressions with two operands, on the sign of comparing property and constant.
var comparisons = map[string]func(sign int) bool{
	"IsEqualTo":              func(sign int) bool { return sign == 0 },
	"IsNotEqualTo":           func(sign int) bool { return sign != 0 },
	"IsGreaterThan":          func(sign int) bool { return sign > 0 },
	"IsGreaterThanOrEqualTo": func(sign int) bool { return sign >= 0 },
	"IsLessThan":             func(sign int) bool { return sign < 0 },
	"IsLessThanOrEqualTo":    func(sign int) bool { return sign <= 0 },
}

func (s searched[T]) restriction(n *node) (func(T) bool, bool) {
	if n == nil {
		return func(T) bool { return true }, true
	}
	switch n.name.Local {
	case "And", "Or", "Not":
		return s.combination(n)
	case "Contains":
		return s.contains(n)
	case "Exists":
		value := s.valueOf(n)
		return func(v T) bool { return valueText(value(v)) != "" }, value != nil
	}
	holds, value := comparisons[n.name.Local], s.valueOf(n)
	operand := n.child(nsTypes, "FieldURIOrConstant").first()
	if holds == nil || value == nil {
		return nil, false
	}
	if operand.is(nsTypes, "Constant") {
		constant := operand.attr("Value")
		if _, ok := compareConstant(value(s.empty), constant); !ok {
			return nil, false
		}
		return func(v T) bool {
			have := value(v)
			sign, ok := compareConstant(have, constant)
			return ok && have != nil && holds(sign)
		}, true
	}
	other := s.valueOf(n.child(nsTypes, "FieldURIOrConstant"))
	return func(v T) bool { return holds(compareValues(value(v), other(v))) }, other != nil
}

func (s searched[T]) combination(n *node) (func(T) bool, bool) {
	var parts []func(T) bool
	for _, c := range n.all() {
		part, ok := s.restriction(c)
		if !ok {
			return nil, false
		}
		parts = append(parts, part)
	}
	switch {
	case len(parts) == 0:
		return nil, false
	case n.name.Local == "And":
		return allOf(parts...), true
	case n.name.Local == "Not":
		all := allOf(parts...)
		return func(v T) bool { return !all(v) }, true
	}
	return func(v T) bool {
		for _, part := range parts {
			if part(v) {
				return true
			}
		}
		return false
	}, true
}

func allOf[T any](parts ...func(T) bool) func(T) bool {
	return func(v T) bool {
		for _, part := range parts {
			if !part(v) {
				return false
			}
		}
		return true
	}
}

// contains reads a search in text. Modes and comparisons are those of types.xsd; loose comparisons compare without
// case.
func (s searched[T]) contains(n *node) (func(T) bool, bool) {
	value, sought := s.valueOf(n), n.child(nsTypes, "Constant").attr("Value")
	if value == nil {
		return nil, false
	}
	exact := n.attr("ContainmentComparison") == "" || n.attr("ContainmentComparison") == "Exact" || n.attr("ContainmentComparison") == "IgnoreNonSpacingCharacters"
	fold := func(text string) string {
		if exact {
			return text
		}
		return strings.ToLower(text)
	}
	test := strings.Contains
	switch n.attr("ContainmentMode") {
	case "FullString":
		test = func(s, sought string) bool { return s == sought }
	case "Prefixed":
		test = strings.HasPrefix
	case "PrefixOnWords":
		test = func(s, sought string) bool { return strings.HasPrefix(s, sought) || strings.Contains(s, " "+sought) }
	}
	return func(v T) bool {
		for _, text := range searchTexts(value(v)) {
			if test(fold(text), fold(sought)) {
				return true
			}
		}
		return false
	}, true
}

func searchTexts(value any) []string {
	if list, ok := value.([]string); ok {
		return list
	}
	return []string{valueText(value)}
}

// valueOf is the property that a FieldURI or ExtendedFieldURI child of n names, nil if this server does not know it. One of
// a client's own is known, and an item that lacks it has nil.
func valueOf(n *node) func(itemView) any {
	if uri := n.child(nsTypes, "FieldURI"); uri != nil {
		return itemValues[uri.attr("FieldURI")]
	}
	path := n.child(nsTypes, "ExtendedFieldURI")
	if path == nil {
		return nil
	}
	p := readProperty(path)
	if value := itemValues[p.field()]; value != nil {
		return value
	}
	return func(v itemView) any {
		own, ok := v.says().ownProperty(p)
		if !ok {
			return nil
		}
		return own.value()
	}
}
