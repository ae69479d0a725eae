package exchangesim

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// Bounds of what a message may be made of.
const (
	maxMIMEDepth = 8
	maxMIMEParts = 100
)

// readMIME makes the content of a message (RFC 5322, RFC 2045). What cannot be decoded stays as it is; only a message
// without a header is refused. An appointment's is a calendar.
func readMIME(raw []byte) (*content, error) {
	if bytes.HasPrefix(bytes.TrimLeft(raw, "\r\n\t "), calendarBegin) {
		return readCalendar(raw)
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("the message has no readable header: %w", err)
	}
	if len(m.Header) == 0 {
		return nil, errors.New("the message has no header")
	}
	c := &content{mime: bytes.Clone(raw), importance: "Normal", sensitivity: "Normal"}
	c.readHeader(m.Header)
	p := partReader{content: c}
	p.read(m.Header.Get, m.Body, 0)
	return c, nil
}

func (c *content) readHeader(h mail.Header) {
	c.subject = decodeWords(h.Get("Subject"))
	c.to, c.cc, c.bcc, c.replyTo = addresses(h, "To"), addresses(h, "Cc"), addresses(h, "Bcc"), addresses(h, "Reply-To")
	c.from, c.sender = firstAddress(addresses(h, "From")), firstAddress(addresses(h, "Sender"))
	if c.sender == nil {
		c.sender = c.from
	}
	c.messageID, c.inReplyTo, c.references = h.Get("Message-Id"), h.Get("In-Reply-To"), h.Get("References")
	if sent, err := h.Date(); err == nil {
		c.sent = sent.UTC()
	}
	switch strings.ToLower(h.Get("Importance")) {
	case "high":
		c.importance = "High"
	case "low":
		c.importance = "Low"
	}
	switch strings.ToLower(h.Get("Sensitivity")) {
	case "personal":
		c.sensitivity = "Personal"
	case "private":
		c.sensitivity = "Private"
	case "company-confidential":
		c.sensitivity = "Confidential"
	}
	for _, k := range strings.Split(decodeWords(h.Get("Keywords")), ",") {
		if k = strings.TrimSpace(k); k != "" {
			c.categories = append(c.categories, k)
		}
	}
}

var words = mime.WordDecoder{CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return r, nil }}

func decodeWords(s string) string {
	if decoded, err := words.DecodeHeader(s); err == nil {
		s = decoded
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// addresses reads a header of addresses; one that cannot be read holds none.
func addresses(h mail.Header, name string) []*mail.Address {
	p := mail.AddressParser{WordDecoder: &words}
	list, err := p.ParseList(h.Get(name))
	if err != nil {
		return nil
	}
	for _, a := range list {
		a.Name, a.Address = strings.ToValidUTF8(a.Name, "\uFFFD"), strings.ToValidUTF8(a.Address, "\uFFFD")
	}
	return list
}

func firstAddress(list []*mail.Address) *mail.Address {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// partReader walks through the parts of a message.
type partReader struct {
	content *content
	parts   int
}

// read takes a part up: the first text and the first HTML are the body, all else is attached.
func (p *partReader) read(header func(string) string, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		kind, params = "text/plain", nil
	}
	if p.parts++; p.parts > maxMIMEParts {
		return
	}
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" && depth < maxMIMEDepth {
		r := multipart.NewReader(body, params["boundary"])
		for part, err := r.NextRawPart(); err == nil; part, err = r.NextRawPart() {
			p.read(part.Header.Get, part, depth+1)
		}
		return
	}
	data, _ := io.ReadAll(decodeTransfer(header("Content-Transfer-Encoding"), body)) // what came before damage counts
	disposition, names, _ := mime.ParseMediaType(header("Content-Disposition"))
	name := names["filename"]
	if name == "" {
		name = params["name"]
	}
	c, attached := p.content, disposition == "attachment" || name != ""
	switch {
	case kind == "text/plain" && !attached && c.text == "":
		c.text = decodeText(params["charset"], data)
	case kind == "text/html" && !attached && c.html == "":
		c.html = decodeText(params["charset"], data)
	default:
		id := strings.Trim(header("Content-Id"), "<>")
		c.attach(attachment{name: decodeWords(name), contentType: kind, contentID: id,
			inline: disposition == "inline" || disposition == "" && id != "", data: data})
	}
}

func decodeTransfer(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}

// decodeText makes UTF-8 of a text. Of the charsets that are not UTF-8 it knows ISO 8859-1, and takes others for it.
func decodeText(charset string, data []byte) string {
	if utf8.Valid(data) || strings.EqualFold(charset, "utf-8") {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	runes := make([]rune, len(data))
	for i, b := range data {
		runes[i] = rune(b)
	}
	return string(runes)
}
