package ewssoap

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Property names a MAPI property (MS-OXWSXPROP, PathToExtendedFieldType): by its Tag, or by a Set with either a Name or an
// ID in it.
type Property struct {
	Tag  uint16 // PropertyTag: the property's id
	Set  string // DistinguishedPropertySetId ("PublicStrings" and so on), or PropertySetId: a GUID
	Name string // PropertyName
	ID   int    // PropertyId, a dispatch id
	Type string // PropertyType: "SystemTime", "Integer", "StringArray" and so on
}

// Properties that tell what changed in a folder, and since when (MS-OXPROPS). EWS writes their times in UTC.
var (
	// LocalCommitTimeMax is the latest change of an object of the folder itself, PR_LOCAL_COMMIT_TIME_MAX.
	LocalCommitTimeMax = Property{Tag: 0x670a, Type: "SystemTime"}
	// DeletedCountTotal counts the messages ever deleted from the folder itself, PR_DELETED_COUNT_TOTAL.
	DeletedCountTotal = Property{Tag: 0x670b, Type: "Integer"}
	// LocalCommitTime is the latest change of an item, PR_LOCAL_COMMIT_TIME: unlike its date of receipt it is new for an
	// item that was moved.
	LocalCommitTime = Property{Tag: 0x6709, Type: "SystemTime"}
)

// propertyTypes are the types of MapiPropertyTypeType that can be read, each also as an array.
var propertyTypes = []string{
	"ApplicationTime", "Binary", "Boolean", "CLSID", "Currency", "Double", "Float", "Integer", "Long", "Short", "SystemTime", "String",
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (p Property) check() error {
	switch {
	case (p.Tag == 0) == (p.Set == ""):
		return fmt.Errorf("a property must have one of Tag and Set, have 0x%x and %q", p.Tag, p.Set)
	case p.Tag != 0 && (p.Name != "" || p.ID != 0):
		return fmt.Errorf("the property 0x%x must have no Name and no ID, have %q and %d", p.Tag, p.Name, p.ID)
	case p.Set != "" && (p.Name == "") == (p.ID == 0):
		return fmt.Errorf("a property of the set %q must have one of Name and ID, have %q and %d", p.Set, p.Name, p.ID)
	case p.Type != "BooleanArray" && slices.Contains(propertyTypes, strings.TrimSuffix(p.Type, "Array")):
		return nil
	}
	return fmt.Errorf("a property of the type %q: there is none", p.Type)
}

func (w *xmlWriter) property(p Property) {
	var attributes []string
	switch {
	case p.Tag != 0:
		attributes = []string{"PropertyTag", "0x" + strconv.FormatUint(uint64(p.Tag), 16)}
	case guid.MatchString(p.Set):
		attributes = []string{"PropertySetId", p.Set}
	default:
		attributes = []string{"DistinguishedPropertySetId", p.Set}
	}
	if p.Name != "" {
		attributes = append(attributes, "PropertyName", p.Name)
	}
	if p.ID != 0 {
		attributes = append(attributes, "PropertyId", strconv.Itoa(p.ID))
	}
	w.empty("t:ExtendedFieldURI", append(attributes, "PropertyType", p.Type)...)
}

// ExtendedProperty is the value of a MAPI property.
type ExtendedProperty struct {
	Property Property
	Value    string   // as the server wrote it
	Values   []string // of a property with an array for its type; Value is empty then
}

// ExtendedProperties are the properties that were asked for and that the server had.
type ExtendedProperties []ExtendedProperty

// Value returns the value of a property; false if it is absent.
func (l ExtendedProperties) Value(p Property) (string, bool) {
	for _, e := range l {
		if strings.EqualFold(e.Property.Set, p.Set) {
			e.Property.Set = p.Set // GUIDs come in either case
		}
		if e.Property == p {
			return e.Value, true
		}
	}
	return "", false
}

// Time returns the time a property of the type SystemTime holds, in UTC; zero if it is absent or unreadable.
func (l ExtendedProperties) Time(p Property) time.Time {
	value, _ := l.Value(p)
	return timeOf(value)
}

type wireProperty struct {
	URI struct {
		Tag           string `xml:"PropertyTag,attr"`
		Distinguished string `xml:"DistinguishedPropertySetId,attr"`
		Set           string `xml:"PropertySetId,attr"`
		Name          string `xml:"PropertyName,attr"`
		ID            string `xml:"PropertyId,attr"`
		Type          string `xml:"PropertyType,attr"`
	} `xml:"ExtendedFieldURI"`
	Value  string   `xml:"Value"`
	Values []string `xml:"Values>Value"`
}

var errUnnamed = errors.New("a property without a name")

// property returns the property; an error if it is not one that could have been asked for.
func (w *wireProperty) property() (ExtendedProperty, error) {
	p := Property{Set: w.URI.Distinguished + w.URI.Set, Name: w.URI.Name, Type: w.URI.Type}
	if w.URI.Tag != "" {
		tag, err := strconv.ParseUint(strings.TrimSpace(w.URI.Tag), 0, 16) // 0x670a, and servers write decimals too
		if err != nil {
			return ExtendedProperty{}, err
		}
		p.Tag = uint16(tag)
	}
	if id := countOf(w.URI.ID); id != nil {
		p.ID = *id
	}
	if p.Tag == 0 && p.Set == "" {
		return ExtendedProperty{}, errUnnamed
	}
	return ExtendedProperty{Property: p, Value: strings.TrimSpace(w.Value), Values: w.Values}, nil
}

// properties reads those it can.
func properties(wire []wireProperty) ExtendedProperties {
	var all ExtendedProperties
	for i := range wire {
		if p, err := wire[i].property(); err == nil {
			all = append(all, p)
		}
	}
	return all
}
