package exchangesim

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// convertID answers ConvertId between EwsId, EntryId and HexEntryId; the other formats are refused.
func (c *call) convertID() ([]message, *soapFault) {
	ids, format := c.op.child(nsMessages, "SourceIds").named(nsTypes, "AlternateId"), c.op.attr("DestinationFormat")
	if len(ids) == 0 {
		return nil, schemaFault("SourceIds is empty")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, n := range ids {
		messages = append(messages, c.convertOne(n, format))
	}
	return messages, nil
}

func (c *call) convertOne(n *node, format string) message {
	ref, code := c.readAlternateID(n)
	if code != "" {
		return failure(code)
	}
	mb := c.s.org.byGUID[ref.mailbox]
	if mb == nil {
		return failure("ErrorNonExistentMailbox")
	}
	payload := ref.payload()
	entry := payload[entryOffset:]
	var id string
	switch format {
	case "EwsId":
		id = ref.plain()
	case "EntryId":
		id = base64.StdEncoding.EncodeToString(entry)
	case "HexEntryId":
		id = hex.EncodeToString(entry)
	default:
		return failure("ErrorUnsupportedTypeForConversion")
	}
	x := &xmlBuffer{}
	x.raw(`<m:AlternateId xmlns:xsi="`, nsXSI, `" xsi:type="t:AlternateIdType" Format="`, format, `" Id="`, id, `" Mailbox="`).text(mb.address).raw(`" />`)
	return success(string(x.b))
}

// readAlternateID reads an id in one of the formats. An EwsId says whose it is, whatever the Mailbox beside it says; the
// others are of that Mailbox.
func (c *call) readAlternateID(n *node) (objectRef, string) {
	var entry []byte
	var err error
	switch n.attr("Format") {
	case "EwsId":
		if ref, ok := parseObjectID(n.attr("Id")); ok {
			return ref, ""
		}
		return objectRef{}, "ErrorInvalidIdMalformed"
	case "EntryId":
		entry, err = base64.StdEncoding.DecodeString(n.attr("Id"))
	case "HexEntryId":
		entry, err = hex.DecodeString(n.attr("Id"))
	default:
		return objectRef{}, "ErrorUnsupportedTypeForConversion"
	}
	if err != nil {
		return objectRef{}, "ErrorInvalidIdMalformed"
	}
	mb := c.s.org.mailboxes[strings.ToLower(n.attr("Mailbox"))]
	if mb == nil {
		return objectRef{}, "ErrorNonExistentMailbox"
	}
	ref := objectRef{mailbox: mb.guidText}
	if !ref.readEntry(entry) {
		return objectRef{}, "ErrorInvalidIdMalformed"
	}
	return ref, ""
}
