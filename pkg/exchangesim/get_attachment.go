package exchangesim

import (
	"encoding/base64"
	"encoding/binary"
)

// getAttachment answers GetAttachment, with a message for each id in the order of the request.
func (c *call) getAttachment() ([]message, *soapFault) {
	return c.perAttachment(attachmentFailure, func(it *item, a attachment) message {
		x := &xmlBuffer{}
		x.raw(`<m:Attachments>`)
		a.render(x, it, true)
		return success(string(x.raw(`</m:Attachments>`).b))
	})
}

// perAttachment answers with a message for each attachment the request names; fail makes the message of one that is not
// there.
func (c *call) perAttachment(fail func(string) message, answer func(*item, attachment) message) ([]message, *soapFault) {
	ids := c.op.child(nsMessages, "AttachmentIds").named(nsTypes, "AttachmentId")
	if len(ids) == 0 {
		return nil, schemaFault("AttachmentIds is empty")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, id := range ids {
		itemID, number, ok := parseAttachmentID(id.attr("Id"))
		it, code := c.resolveItem(itemID)
		if !ok || code != "" {
			messages = append(messages, fail("ErrorInvalidAttachmentId"))
			continue
		}
		a, ok := it.says().attachment(number)
		if !ok {
			messages = append(messages, fail("ErrorInvalidAttachmentId"))
			continue
		}
		messages = append(messages, answer(it, a))
	}
	return messages, nil
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
