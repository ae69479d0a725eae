package exchangesim

import (
	"encoding/base64"
	"encoding/binary"
)

// getAttachment answers GetAttachment, with a message for each id in the order of the request.
func (c *call) getAttachment() ([]message, *soapFault) {
	ids := c.op.child(nsMessages, "AttachmentIds").named(nsTypes, "AttachmentId")
	if len(ids) == 0 {
		return nil, schemaFault("AttachmentIds is empty")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, id := range ids {
		messages = append(messages, c.attachment(id.attr("Id")))
	}
	return messages, nil
}

func (c *call) attachment(id string) message {
	itemID, number, ok := parseAttachmentID(id)
	it, code := c.resolveItem(itemID)
	if !ok || code != "" || number >= len(it.says().attachments) {
		m := failure("ErrorInvalidAttachmentId")
		m.inner = `<m:Attachments/>` // the schema wants it
		return m
	}
	x := &xmlBuffer{}
	x.raw(`<m:Attachments>`)
	it.says().attachments[number].render(x, it, number, true)
	return success(string(x.raw(`</m:Attachments>`).b))
}

// attachmentID is the item's id and the number of the attachment in it.
func attachmentID(itemID string, number int) string {
	raw, _ := base64.StdEncoding.DecodeString(itemID) // the simulator's own
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(raw, uint32(number)))
}

func parseAttachmentID(id string) (itemID string, number int, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil || len(raw) < 5 {
		return "", 0, false
	}
	end := len(raw) - 4
	return base64.StdEncoding.EncodeToString(raw[:end]), int(binary.BigEndian.Uint32(raw[end:])), true
}
