package exchangesim

import (
	"strconv"
	"strings"
	"time"
)

// shape is what a FolderShape or ItemShape asks for.
type shape struct {
	base     level
	fields   map[string]bool
	extended []property
	mime     bool
	bodyType string // Best, HTML or Text
}

// level is a base shape; a property belongs to one and all above it.
type level int

const (
	idOnly level = iota
	allProperties
	inDefault
)

// property is an ExtendedFieldURI.
type property struct {
	tag   int64  // 0: none, it has a name
	named string // property set and id of one with a numeric name: Appointment:33315
	path  string // its attributes as markup
}

// Property tags of folders and items (MS-OXPROPS).
const (
	tagLocalCommitTimeMax   = 0x670a
	tagDeletedCountTotal    = 0x670b
	tagLocalCommitTime      = 0x6709
	tagLastModificationTime = 0x3008
)

func readShape(n *node) shape {
	s := shape{fields: map[string]bool{}, bodyType: n.child(nsTypes, "BodyType").value()}
	switch n.child(nsTypes, "BaseShape").value() {
	case "Default":
		s.base = inDefault
	case "AllProperties":
		s.base = allProperties
	}
	s.mime = isTrue(n.child(nsTypes, "IncludeMimeContent").value())
	for _, field := range n.child(nsTypes, "AdditionalProperties").all() {
		switch {
		case field.is(nsTypes, "FieldURI"):
			s.fields[field.attr("FieldURI")] = true
		case field.is(nsTypes, "ExtendedFieldURI"):
			s.extended = append(s.extended, readProperty(field))
		}
	}
	return s
}

// readProperty reads a path; a tag may be in hexadecimal (0x670a) or decimal.
func readProperty(n *node) property {
	var p property
	x := &xmlBuffer{}
	for _, name := range []string{"DistinguishedPropertySetId", "PropertySetId", "PropertyTag", "PropertyName", "PropertyId", "PropertyType"} {
		value := n.attr(name)
		if value == "" {
			continue
		}
		if tag, err := strconv.ParseInt(strings.ToLower(value), 0, 32); name == "PropertyTag" && err == nil {
			p.tag, value = tag, tagText(tag)
		}
		x.raw(" ", name, `="`).text(value).raw(`"`)
	}
	p.path, p.named = string(x.b), n.attr("DistinguishedPropertySetId")+":"+n.attr("PropertyId")
	return p
}

func tagText(tag int64) string { return "0x" + strconv.FormatInt(tag, 16) }

// wants tells whether a property of a level is asked for.
func (s shape) wants(field string, of level) bool {
	return s.base != idOnly && of >= s.base || s.fields[field]
}

// property appends an ExtendedProperty.
func (x *xmlBuffer) property(p property, value string) {
	x.raw(`<t:ExtendedProperty><t:ExtendedFieldURI`, p.path, ` />`).element("t:Value", value).raw(`</t:ExtendedProperty>`)
}

func isTrue(s string) bool { return s == "true" || s == "1" }

// wireTime is a time as EWS writes it: UTC, whole seconds.
func wireTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
