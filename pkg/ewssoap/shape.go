package ewssoap

import (
	"errors"
	"fmt"
	"time"
)

// BaseShape says which properties are returned without being named (MS-OXWSCDATA, DefaultShapeNamesType).
type BaseShape string

// The base shapes. The last two cost the server more, and hold text that people wrote.
const (
	ShapeIDOnly        BaseShape = "IdOnly"
	ShapeDefault       BaseShape = "Default"
	ShapeAllProperties BaseShape = "AllProperties"
)

// Field names a property by its FieldURI (MS-OXWSCDATA, UnindexedFieldURIType).
type Field string

// Fields that an [Item] has a place for, and the folder's own of a [Folder].
const (
	FieldParentFolder   Field = "item:ParentFolderId"
	FieldItemClass      Field = "item:ItemClass"
	FieldSubject        Field = "item:Subject"
	FieldReceived       Field = "item:DateTimeReceived"
	FieldCreated        Field = "item:DateTimeCreated"
	FieldLastModified   Field = "item:LastModifiedTime"
	FieldSize           Field = "item:Size"
	FieldHasAttachments Field = "item:HasAttachments"
	FieldSender         Field = "message:Sender"
	FieldFrom           Field = "message:From"
	FieldIsRead         Field = "message:IsRead"

	FieldFolderParent      Field = "folder:ParentFolderId"
	FieldFolderClass       Field = "folder:FolderClass"
	FieldDisplayName       Field = "folder:DisplayName"
	FieldTotalCount        Field = "folder:TotalCount"
	FieldChildFolderCount  Field = "folder:ChildFolderCount"
	FieldUnreadCount       Field = "folder:UnreadCount"
	FieldDistinguishedName Field = "folder:DistinguishedFolderId"
)

// Shape says what is returned of an item besides its id.
type Shape struct {
	Base       BaseShape // empty means IdOnly
	Fields     []Field
	Properties []Property
}

func (s Shape) check() error {
	switch s.Base {
	case "", ShapeIDOnly, ShapeDefault, ShapeAllProperties:
	default:
		return fmt.Errorf("a base shape %q: there is none", s.Base)
	}
	for _, field := range s.Fields {
		if field == "" {
			return errors.New("a field without a name")
		}
	}
	for _, p := range s.Properties {
		if err := p.check(); err != nil {
			return err
		}
	}
	return nil
}

func (w *xmlWriter) shape(element string, s Shape) {
	w.open(element)
	base := s.Base
	if base == "" {
		base = ShapeIDOnly
	}
	w.text("t:BaseShape", string(base))
	if len(s.Fields)+len(s.Properties) > 0 {
		w.open("t:AdditionalProperties")
		for _, field := range s.Fields {
			w.empty("t:FieldURI", "FieldURI", string(field))
		}
		for _, p := range s.Properties {
			w.property(p)
		}
		w.close("t:AdditionalProperties")
	}
	w.close(element)
}

// Path names one property to restrict or to sort by: a Field or a Property.
type Path struct {
	Field    Field
	Property Property
}

func (p Path) check() error {
	switch {
	case p.Field == "":
		return p.Property.check()
	case p.Property != Property{}:
		return fmt.Errorf("a path must be one of Field and Property, have %q and %+v", p.Field, p.Property)
	}
	return nil
}

func (w *xmlWriter) path(p Path) {
	if p.Field != "" {
		w.empty("t:FieldURI", "FieldURI", string(p.Field))
		return
	}
	w.property(p.Property)
}

// wireTime is t as requests write it: UTC, whole seconds, the rest cut off.
func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
