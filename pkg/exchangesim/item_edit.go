package exchangesim

import (
	"encoding/base64"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

// itemEdit collects what a request makes of an item.
type itemEdit struct {
	content
	class   string
	read    *bool
	draft   *bool
	hidden  bool // of a new item
	written bool // a property of the content was set
}

// newEdit starts from an item, or from nothing.
func newEdit(it *item) *itemEdit {
	if it == nil {
		return &itemEdit{content: content{importance: "Normal", sensitivity: "Normal"}}
	}
	return &itemEdit{content: *it.says(), class: it.class}
}

// result is the content with a MIME that fits it.
func (e *itemEdit) result() *content {
	if e.written || e.mime == nil {
		return e.composed()
	}
	c := e.content
	return &c
}

// readOnly are properties that the server alone sets.
var readOnly = strings.Fields("ItemId ParentFolderId DateTimeReceived DateTimeCreated Size HasAttachments IsDraft IsFromMe " +
	"IsSubmitted IsUnmodified LastModifiedTime LastModifiedName DisplayTo DisplayCc DisplayBcc EffectiveRights ConversationId")

// set takes up an element of an item and returns a response code, empty if all is well. Properties that this server
// does not keep change nothing.
func (e *itemEdit) set(n *node) string {
	if slices.Contains(readOnly, n.name.Local) {
		return "ErrorInvalidPropertySet"
	}
	switch n.name.Local {
	case "MimeContent":
		return e.setMIME(n.value())
	case "IsRead":
		read := isTrue(n.value())
		e.read = &read
		return ""
	case "ItemClass":
		e.class = n.value()
		return ""
	}
	if set := contentSetters[n.name.Local]; set != nil {
		e.written = true
		return set(e, n)
	}
	return ""
}

// unset takes a property away.
func (e *itemEdit) unset(path *node) string {
	if path.is(nsTypes, "ExtendedFieldURI") {
		e.removeExtended(readProperty(path))
		return ""
	}
	_, name, _ := strings.Cut(path.attr("FieldURI"), ":")
	if slices.Contains(readOnly, name) || name == "IsRead" || name == "ItemClass" || name == "MimeContent" {
		return "ErrorInvalidPropertyDelete"
	}
	if set := contentSetters[name]; set != nil {
		e.written = true
		return set(e, &node{})
	}
	return ""
}

func (e *itemEdit) setMIME(s string) string {
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return "ErrorMimeContentInvalidBase64String"
	}
	c, err := readMIME(raw)
	if err != nil {
		return "ErrorMimeContentInvalid"
	}
	c.extended = e.extended
	e.content = *c
	return ""
}

// contentSetters set the properties of a content; an empty element clears it.
var contentSetters = map[string]func(*itemEdit, *node) string{
	"Subject":           func(e *itemEdit, n *node) string { e.subject = n.text.String(); return "" },
	"DisplayName":       func(e *itemEdit, n *node) string { e.subject = n.text.String(); return "" }, // of a contact
	"Sensitivity":       choice(func(e *itemEdit) *string { return &e.sensitivity }, "Normal", "Personal", "Private", "Confidential"),
	"Importance":        choice(func(e *itemEdit) *string { return &e.importance }, "Normal", "Low", "High"),
	"Body":              (*itemEdit).setBody,
	"Categories":        func(e *itemEdit, n *node) string { e.categories = n.strings(); return "" },
	"InReplyTo":         func(e *itemEdit, n *node) string { e.inReplyTo = n.value(); return "" },
	"References":        func(e *itemEdit, n *node) string { e.references = n.value(); return "" },
	"InternetMessageId": func(e *itemEdit, n *node) string { e.messageID = n.value(); return "" },
	"From":              func(e *itemEdit, n *node) string { e.from = firstAddress(n.mailboxes()); return "" },
	"Sender":            func(e *itemEdit, n *node) string { e.sender = firstAddress(n.mailboxes()); return "" },
	"ToRecipients":      func(e *itemEdit, n *node) string { e.to = n.mailboxes(); return "" },
	"CcRecipients":      func(e *itemEdit, n *node) string { e.cc = n.mailboxes(); return "" },
	"BccRecipients":     func(e *itemEdit, n *node) string { e.bcc = n.mailboxes(); return "" },
	"ReplyTo":           func(e *itemEdit, n *node) string { e.replyTo = n.mailboxes(); return "" },
	"Start":             moment(func(e *itemEdit) *time.Time { return &e.start }),
	"End":               moment(func(e *itemEdit) *time.Time { return &e.end }),
	"StartTimeZone":     func(e *itemEdit, n *node) string { e.zone = n.attr("Id"); return "" },
	"Location":          func(e *itemEdit, n *node) string { e.location = n.value(); return "" },
	"Attachments":       (*itemEdit).setAttachments,
	"ExtendedProperty":  (*itemEdit).setExtended,
}

func choice(field func(*itemEdit) *string, normal string, others ...string) func(*itemEdit, *node) string {
	return func(e *itemEdit, n *node) string {
		switch value := n.value(); {
		case value == "" || value == normal:
			*field(e) = normal
		case slices.Contains(others, value):
			*field(e) = value
		default:
			return "ErrorInvalidPropertySet"
		}
		return ""
	}
}

func moment(field func(*itemEdit) *time.Time) func(*itemEdit, *node) string {
	return func(e *itemEdit, n *node) string {
		t, err := parseTime(n.value())
		if err != nil && n.value() != "" {
			return "ErrorInvalidPropertySet"
		}
		*field(e) = t.UTC()
		return ""
	}
}

func (e *itemEdit) setBody(n *node) string {
	if len(n.children) > 0 {
		return "ErrorSchemaValidation" // HTML that was not escaped
	}
	e.text, e.html = "", ""
	if n.attr("BodyType") == "HTML" {
		e.html = n.text.String()
	} else {
		e.text = n.text.String()
	}
	return ""
}

func (e *itemEdit) setAttachments(n *node) string {
	e.attachments = nil
	for _, f := range n.named(nsTypes, "FileAttachment") {
		a, code := readFileAttachment(f)
		if code != "" {
			return code
		}
		e.attach(a)
	}
	return ""
}

func (e *itemEdit) setExtended(n *node) string {
	p, value := readProperty(n.child(nsTypes, "ExtendedFieldURI")), n.child(nsTypes, "Value")
	if value == nil {
		value = n.child(nsTypes, "Values")
	}
	if value == nil || p.path == "" {
		return "ErrorInvalidPropertySet"
	}
	if flags, err := strconv.Atoi(value.value()); p.tag == tagMessageFlags && err == nil {
		draft := flags&flagUnsent != 0
		e.draft, e.hidden = &draft, flags&flagHidden != 0
		return ""
	}
	e.removeExtended(p)
	e.extended = append(e.extended, extendedProperty{p.path, value})
	return ""
}

func (e *itemEdit) removeExtended(p property) {
	e.extended = slices.DeleteFunc(slices.Clone(e.extended), func(own extendedProperty) bool { return strings.EqualFold(own.path, p.path) })
}

// strings reads the t:String children.
func (n *node) strings() []string {
	var all []string
	for _, s := range n.named(nsTypes, "String") {
		all = append(all, s.value())
	}
	return all
}

// mailboxes reads the t:Mailbox children.
func (n *node) mailboxes() []*mail.Address {
	var list []*mail.Address
	for _, m := range n.named(nsTypes, "Mailbox") {
		a := &mail.Address{Name: m.child(nsTypes, "Name").value(), Address: m.child(nsTypes, "EmailAddress").value()}
		if a.Name == a.Address {
			a.Name = ""
		}
		list = append(list, a)
	}
	return list
}
