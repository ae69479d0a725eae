package exchangesim

import (
	"net/mail"
	"strings"
	"time"
)

// content is what an item says. It does not change once it is made, so that copies of an item share it; a changed item
// has another content.
type content struct {
	mime        []byte
	subject     string
	from        *mail.Address
	sender      *mail.Address
	to, cc, bcc []*mail.Address
	replyTo     []*mail.Address
	messageID   string // with its angle brackets, as EWS writes it
	inReplyTo   string
	references  string
	sent        time.Time // zero: a draft
	text, html  string
	importance  string // Low, Normal or High
	sensitivity string // Normal, Personal, Private or Confidential
	categories  []string
	attachments []attachment
	attached    int // attachments ever, of this content and those it was made of
	extended    []extendedProperty
	start, end  time.Time // of an appointment, or of the one
	asks        bool      // that a mail asks to
	location    string
	zone        string // Windows id of the time zone that it was made in
}

// attachment is a file of a message.
type attachment struct {
	number      int // see content.attach
	name        string
	contentType string
	contentID   string
	inline      bool
	data        []byte
}

// extendedProperty is a property of the client's own.
type extendedProperty struct {
	path  string // the attributes of its ExtendedFieldURI as markup
	value *node  // t:Value or t:Values
}

// itemClasses are the classes of items by the class of the folder they are made in (MS-OXCMAIL, MS-OXOCAL and others); elsewhere IPM.Note.
var itemClasses = map[string]string{
	"IPF.Appointment": "IPM.Appointment", "IPF.Contact": "IPM.Contact", "IPF.Task": "IPM.Task", "IPF.StickyNote": "IPM.StickyNote",
}

// itemElements are the elements of items by the part of their class that begins it; others are a t:Message.
var itemElements = map[string]string{meetingRequest: "t:MeetingRequest", "IPM.Appointment": "t:CalendarItem", "IPM.Contact": "t:Contact", "IPM.Task": "t:Task"}

func classOf(f *folder) string {
	if class := itemClasses[f.class]; class != "" {
		return class
	}
	return "IPM.Note"
}

func elementOf(class string) string {
	for prefix, element := range itemElements {
		if class == prefix || strings.HasPrefix(class, prefix+".") {
			return element
		}
	}
	return "t:Message"
}

// recipients are all the addresses a message is sent to.
func (c *content) recipients() []*mail.Address {
	var all []*mail.Address
	return append(append(append(all, c.to...), c.cc...), c.bcc...)
}

// withoutBcc is the content as recipients see it.
func (c *content) withoutBcc() *content {
	if len(c.bcc) == 0 {
		return c
	}
	open := *c
	open.bcc, open.mime = nil, nil
	return open.composed()
}

// display joins the names of addresses as DisplayTo does.
func display(list []*mail.Address) string {
	var names []string
	for _, a := range list {
		names = append(names, nameOf(a))
	}
	return strings.Join(names, "; ")
}

func nameOf(a *mail.Address) string {
	if a.Name != "" {
		return a.Name
	}
	return a.Address
}
