package exchangesim

import (
	"encoding/base64"
	"slices"
	"strings"
)

// createAttachment answers CreateAttachment for files, with a message for each in the order of the request.
func (c *call) createAttachment() ([]message, *soapFault) {
	files := c.op.child(nsMessages, "Attachments").all()
	if len(files) == 0 {
		return nil, schemaFault("Attachments is empty")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	it, code := c.resolveItem(c.op.child(nsMessages, "ParentItemId").attr("Id"))
	var messages []message
	for _, n := range files {
		if code != "" {
			messages = append(messages, attachmentFailure(code))
			continue
		}
		messages = append(messages, c.attachFile(it, n))
	}
	return messages, nil
}

// attachFile adds a file to an item, which is an edit of it, and answers with the id and the item's new change key.
func (c *call) attachFile(it *item, n *node) message {
	if !n.is(nsTypes, "FileAttachment") {
		return attachmentFailure("ErrorInvalidItemForOperationCreateItemAttachment")
	}
	a, code := readFileAttachment(n)
	if code != "" {
		return attachmentFailure(code)
	}
	e := newEdit(it)
	number := e.attach(a)
	e.written = true
	c.s.org.update(it, e, c.s.now())
	x := &xmlBuffer{}
	x.raw(`<m:Attachments><t:FileAttachment><t:AttachmentId Id="`, attachmentID(it.id, number), `" RootItemId="`, it.id,
		`" RootItemChangeKey="`, it.changeKey(), `" /></t:FileAttachment></m:Attachments>`)
	return success(string(x.b))
}

// attachmentFailure is a failed answer about attachments, which the schema wants to have a list of them.
func attachmentFailure(code string) message {
	m := failure(code)
	m.inner = `<m:Attachments/>`
	return m
}

// attach adds a file and returns the number it has in this content and in those that are made of it.
func (c *content) attach(a attachment) int {
	a.number = c.attached
	c.attached++
	c.attachments = append(slices.Clip(c.attachments), a)
	return a.number
}

// attachment finds a file by its number.
func (c *content) attachment(number int) (attachment, bool) {
	i := slices.IndexFunc(c.attachments, func(a attachment) bool { return a.number == number })
	if i < 0 {
		return attachment{}, false
	}
	return c.attachments[i], true
}

// readFileAttachment reads a t:FileAttachment and returns a response code if it cannot.
func readFileAttachment(n *node) (attachment, string) {
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.child(nsTypes, "Content").value()), ""))
	if err != nil {
		return attachment{}, "ErrorInvalidPropertySet"
	}
	a := attachment{name: n.child(nsTypes, "Name").value(), contentType: n.child(nsTypes, "ContentType").value(), data: data,
		contentID: n.child(nsTypes, "ContentId").value(), inline: isTrue(n.child(nsTypes, "IsInline").value())}
	if a.contentType == "" {
		a.contentType = "application/octet-stream"
	}
	return a, ""
}
