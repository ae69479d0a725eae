package exchangesim

import "strings"

// filter tells whether an item is looked for.
type filter func(itemView) bool

// comparisons are the search expressions with two operands, on the sign of comparing property and constant.
var comparisons = map[string]func(sign int) bool{
	"IsEqualTo":              func(sign int) bool { return sign == 0 },
	"IsNotEqualTo":           func(sign int) bool { return sign != 0 },
	"IsGreaterThan":          func(sign int) bool { return sign > 0 },
	"IsGreaterThanOrEqualTo": func(sign int) bool { return sign >= 0 },
	"IsLessThan":             func(sign int) bool { return sign < 0 },
	"IsLessThanOrEqualTo":    func(sign int) bool { return sign <= 0 },
}

// readRestriction turns a search expression into a filter; false if it is not one this server knows.
func readRestriction(n *node) (filter, bool) {
	if n == nil {
		return func(itemView) bool { return true }, true
	}
	switch n.name.Local {
	case "And", "Or", "Not":
		return readCombination(n)
	case "Contains":
		return readContains(n)
	case "Exists":
		uri := fieldOf(n)
		return func(v itemView) bool { return valueText(v.value(uri)) != "" }, itemValues[uri] != nil
	}
	holds, uri := comparisons[n.name.Local], fieldOf(n)
	operand := n.child(nsTypes, "FieldURIOrConstant").first()
	if holds == nil || itemValues[uri] == nil {
		return nil, false
	}
	if operand.is(nsTypes, "Constant") {
		constant := operand.attr("Value")
		if !isOfType(uri, constant) {
			return nil, false
		}
		return func(v itemView) bool {
			sign, ok := compareConstant(v.value(uri), constant)
			return ok && holds(sign)
		}, true
	}
	other := fieldOf(n.child(nsTypes, "FieldURIOrConstant"))
	return func(v itemView) bool { return holds(compareValues(v.value(uri), v.value(other))) }, itemValues[other] != nil
}

// isOfType tells whether a constant is of the type of a property.
func isOfType(uri, constant string) bool {
	empty := &content{}
	_, ok := compareConstant(itemValues[uri](itemView{item: &item{}, memo: &empty}), constant)
	return ok
}

func readCombination(n *node) (filter, bool) {
	var parts []filter
	for _, c := range n.all() {
		part, ok := readRestriction(c)
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
		return func(v itemView) bool { return !all(v) }, true
	}
	return func(v itemView) bool {
		for _, part := range parts {
			if part(v) {
				return true
			}
		}
		return false
	}, true
}

func allOf(parts ...filter) filter {
	return func(v itemView) bool {
		for _, part := range parts {
			if !part(v) {
				return false
			}
		}
		return true
	}
}

// readContains reads a search in text. Modes and comparisons are those of types.xsd; loose comparisons compare without
// case.
func readContains(n *node) (filter, bool) {
	uri, sought := fieldOf(n), n.child(nsTypes, "Constant").attr("Value")
	if itemValues[uri] == nil {
		return nil, false
	}
	exact := n.attr("ContainmentComparison") == "" || n.attr("ContainmentComparison") == "Exact" || n.attr("ContainmentComparison") == "IgnoreNonSpacingCharacters"
	fold := func(s string) string {
		if exact {
			return s
		}
		return strings.ToLower(s)
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
	return func(v itemView) bool {
		for _, s := range searchTexts(v.value(uri)) {
			if test(fold(s), fold(sought)) {
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

// fieldOf finds the property that a FieldURI or ExtendedFieldURI child of n names.
func fieldOf(n *node) string {
	if uri := n.child(nsTypes, "FieldURI"); uri != nil {
		return uri.attr("FieldURI")
	}
	if path := n.child(nsTypes, "ExtendedFieldURI"); path != nil {
		return taggedFields[readProperty(path).tag]
	}
	return ""
}
