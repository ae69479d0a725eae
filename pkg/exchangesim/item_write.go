package exchangesim

import (
	"bytes"
	"encoding/base64"
	"html"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
)

// textField writes an element with text; nothing if it is empty.
func textField(uri string, of level, value func(itemView) string) itemField {
	name := elementName(uri)
	return itemField{uri, of, false, func(x *xmlBuffer, v itemView) {
		if s := value(v); s != "" {
			x.element(name, s)
		}
	}}
}

func boolField(uri string, of level, value func(itemView) bool) itemField {
	return textField(uri, of, func(v itemView) string { return strconv.FormatBool(value(v)) })
}

func addressField(uri string, of level, value func(itemView) *mail.Address) itemField {
	name := elementName(uri)
	return itemField{uri, of, false, func(x *xmlBuffer, v itemView) {
		if a := value(v); a != nil {
			x.raw("<", name, ">").mailbox(a).raw("</", name, ">")
		}
	}}
}

func addressesField(uri string, of level, value func(itemView) []*mail.Address) itemField {
	name := elementName(uri)
	return itemField{uri, of, true, func(x *xmlBuffer, v itemView) {
		list := value(v)
		if len(list) == 0 {
			return
		}
		x.raw("<", name, ">")
		for _, a := range list {
			x.mailbox(a)
		}
		x.raw("</", name, ">")
	}}
}

func elementName(uri string) string {
	_, name, _ := strings.Cut(uri, ":")
	return "t:" + name
}

// mailbox appends a t:Mailbox.
func (x *xmlBuffer) mailbox(a *mail.Address) *xmlBuffer {
	x.raw("<t:Mailbox>").element("t:Name", nameOf(a))
	if a.Address != "" {
		x.element("t:EmailAddress", a.Address)
	}
	return x.raw("<t:RoutingType>SMTP</t:RoutingType><t:MailboxType>Mailbox</t:MailboxType></t:Mailbox>")
}

func writeCategories(x *xmlBuffer, v itemView) {
	if len(v.says().categories) == 0 {
		return
	}
	x.raw("<t:Categories>")
	for _, c := range v.says().categories {
		x.element("t:String", c)
	}
	x.raw("</t:Categories>")
}

func writeAttachments(x *xmlBuffer, v itemView) {
	if len(v.says().attachments) == 0 {
		return
	}
	x.raw("<t:Attachments>")
	for _, a := range v.says().attachments {
		a.render(x, v.item, false)
	}
	x.raw("</t:Attachments>")
}

// render writes the attachment in the order of types.xsd.
func (a attachment) render(x *xmlBuffer, it *item, content bool) {
	x.raw(`<t:FileAttachment><t:AttachmentId Id="`, attachmentID(it.id, a.number), `" />`).element("t:Name", a.name)
	x.element("t:ContentType", a.contentType)
	if a.contentID != "" {
		x.element("t:ContentId", a.contentID)
	}
	x.element("t:Size", strconv.Itoa(len(a.data))).element("t:LastModifiedTime", wireTime(it.created))
	x.element("t:IsInline", strconv.FormatBool(a.inline))
	if content {
		x.element("t:Content", base64.StdEncoding.EncodeToString(a.data))
	}
	x.raw("</t:FileAttachment>")
}

// writeMessageHeaders writes the header fields of the MIME, which a calendar has none of.
func writeMessageHeaders(x *xmlBuffer, v itemView) {
	if bytes.HasPrefix(v.says().mime, calendarBegin) {
		return
	}
	head, _, _ := bytes.Cut(v.says().mime, []byte("\r\n\r\n"))
	x.raw("<t:InternetMessageHeaders>")
	for _, line := range strings.Split(strings.ReplaceAll(string(head), "\r\n ", " "), "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && name != "" {
			x.raw(`<t:InternetMessageHeader HeaderName="`).text(name).raw(`">`).text(strings.TrimSpace(value)).raw("</t:InternetMessageHeader>")
		}
	}
	x.raw("</t:InternetMessageHeaders>")
}

func writeRights(x *xmlBuffer) {
	x.raw("<t:EffectiveRights>")
	for _, right := range []string{"CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read", "ViewPrivateItems"} {
		x.element("t:"+right, "true")
	}
	x.raw("</t:EffectiveRights>")
}

// writeExtended writes the extended properties that are asked for and there.
func writeExtended(x *xmlBuffer, v itemView) {
	for _, p := range v.sh.extended {
		if value, ok := v.says().ownProperty(p); ok {
			x.raw(`<t:ExtendedProperty><t:ExtendedFieldURI`, p.path, ` />`)
			value.render(x)
			x.raw(`</t:ExtendedProperty>`)
			continue
		}
		if value := itemValues[p.field()]; value != nil && value(v) != nil {
			x.property(p, valueText(value(v)))
		}
	}
}

func (c *content) ownProperty(p property) (*node, bool) {
	for _, own := range c.extended {
		if strings.EqualFold(own.path, p.path) {
			return own.value, true
		}
	}
	return nil, false
}

// render writes a t:Value or t:Values of a request again.
func (n *node) render(x *xmlBuffer) {
	x.raw("<t:", n.name.Local, ">").text(n.text.String())
	for _, c := range n.children {
		c.render(x)
	}
	x.raw("</t:", n.name.Local, ">")
}

func (c *content) hasFiles() bool {
	for _, a := range c.attachments {
		if !a.inline {
			return true
		}
	}
	return false
}

// writeBodyElement writes a body in the type asked for: HTML unless it is Text, or Best and there is no HTML.
func (c *content) writeBodyElement(x *xmlBuffer, element, kind string) {
	body := c.html
	switch {
	case kind == "Text" || kind != "HTML" && c.html == "":
		kind, body = "Text", c.plain()
	case c.html == "":
		kind, body = "HTML", "<html><body><pre>"+html.EscapeString(c.text)+"</pre></body></html>"
	default:
		kind = "HTML"
	}
	x.raw("<", element, ` BodyType="`, kind, `">`).text(body).raw("</", element, ">")
}

var tags = regexp.MustCompile(`(?s)<(script|style).*?</(script|style)>|<[^>]*>`)

// plain is the body as text.
func (c *content) plain() string {
	if c.text != "" {
		return c.text
	}
	return html.UnescapeString(tags.ReplaceAllString(c.html, ""))
}

// preview is the beginning of the text, 255 characters at most.
func (c *content) preview() string {
	text := []rune(strings.Join(strings.Fields(c.plain()), " "))
	return string(text[:min(len(text), 255)])
}

// topic is the subject without prefixes of answers.
func (c *content) topic() string {
	topic := strings.TrimSpace(c.subject)
	for {
		prefix, rest, ok := strings.Cut(topic, ":")
		if !ok || len(prefix) > 3 || strings.Contains(prefix, " ") {
			return topic
		}
		topic = strings.TrimSpace(rest)
	}
}

// conversation is an id for all messages with one topic.
func (c *content) conversation() string {
	id := newGUID("conversation", c.topic())
	return base64.StdEncoding.EncodeToString(id[:])
}
