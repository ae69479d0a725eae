package exchangesim

import (
	"strconv"
	"strings"
	"time"
)

// shape is what a FolderShape or ItemShape asks for.
type shape struct {
	all      bool // Default or AllProperties
	fields   map[string]bool
	extended []property
}

// property is an ExtendedFieldURI with a property tag.
type property struct {
	tag  int64
	kind string
}

// Property tags of folders and items (MS-OXPROPS).
const (
	tagLocalCommitTimeMax   = 0x670a
	tagDeletedCountTotal    = 0x670b
	tagLocalCommitTime      = 0x6709
	tagLastModificationTime = 0x3008
)

func readShape(n *node) shape {
	s := shape{fields: map[string]bool{}}
	base := n.child(nsTypes, "BaseShape").value()
	s.all = base == "Default" || base == "AllProperties"
	for _, field := range n.child(nsTypes, "AdditionalProperties").all() {
		switch {
		case field.is(nsTypes, "FieldURI"):
			s.fields[field.attr("FieldURI")] = true
		case field.is(nsTypes, "ExtendedFieldURI"):
			if p, ok := readProperty(field); ok {
				s.extended = append(s.extended, p)
			}
		}
	}
	return s
}

// readProperty reads a tag in hexadecimal (0x670a) or decimal.
func readProperty(n *node) (property, bool) {
	tag, err := strconv.ParseInt(strings.ToLower(n.attr("PropertyTag")), 0, 32)
	return property{tag, n.attr("PropertyType")}, err == nil
}

func (s shape) wants(field string) bool { return s.all || s.fields[field] }

// property appends an ExtendedProperty.
func (x *xmlBuffer) property(p property, value string) {
	x.raw(`<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x`, strconv.FormatInt(p.tag, 16), `" PropertyType="`).text(p.kind)
	x.raw(`" />`).element("t:Value", value).raw(`</t:ExtendedProperty>`)
}

// wireTime is a time as EWS writes it: UTC, whole seconds.
func wireTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
