package exchangesim

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// composed returns the content with a MIME of its properties.
func (c content) composed() *content {
	if !c.start.IsZero() && !c.asks {
		c.mime = c.calendar()
		return &c
	}
	var b bytes.Buffer
	c.writeHeader(&b)
	boundary := strings.ReplaceAll(newGUID("boundary", c.messageID, c.subject).String(), "-", "")
	switch {
	case len(c.attachments) > 0:
		w := multipartWriter(&b, "mixed", boundary)
		c.writeBody(func(h textproto.MIMEHeader) io.Writer { return nextPart(w, h) }, "a"+boundary)
		for _, a := range c.attachments {
			writeAttachment(w, a)
		}
		_ = w.Close() // a bytes.Buffer does not fail
	default:
		c.writeBody(func(h textproto.MIMEHeader) io.Writer {
			writeFields(&b, h)
			return &b
		}, boundary)
	}
	c.mime = b.Bytes()
	return &c
}

func (c *content) writeHeader(b *bytes.Buffer) {
	field := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	if c.from != nil {
		field("From", c.from.String())
	}
	if c.sender != nil && c.from != nil && *c.sender != *c.from {
		field("Sender", c.sender.String())
	}
	field("To", headerList(c.to))
	field("Cc", headerList(c.cc))
	field("Bcc", headerList(c.bcc))
	field("Reply-To", headerList(c.replyTo))
	field("Subject", mime.QEncoding.Encode("utf-8", c.subject))
	if !c.sent.IsZero() {
		field("Date", c.sent.UTC().Format(time.RFC1123Z))
	}
	field("Message-ID", oneLine(c.messageID))
	field("In-Reply-To", oneLine(c.inReplyTo))
	field("References", oneLine(c.references))
	if c.importance != "Normal" {
		field("Importance", c.importance)
	}
	if s := map[string]string{"Personal": "Personal", "Private": "Private", "Confidential": "Company-Confidential"}[c.sensitivity]; s != "" {
		field("Sensitivity", s)
	}
	field("Keywords", mime.QEncoding.Encode("utf-8", strings.Join(c.categories, ", ")))
	field("MIME-Version", "1.0")
}

// writeBody writes the text, the HTML or both as alternatives, into the part that open begins.
func (c *content) writeBody(open func(textproto.MIMEHeader) io.Writer, boundary string) {
	if c.html == "" || c.text == "" {
		kind, body := "plain", c.text
		if c.html != "" {
			kind, body = "html", c.html
		}
		writeText(open(textHeader(kind)), body)
		return
	}
	h := textproto.MIMEHeader{"Content-Type": {"multipart/alternative; boundary=" + boundary}}
	w := multipart.NewWriter(open(h))
	_ = w.SetBoundary(boundary) // made of hexadecimal digits
	writeText(nextPart(w, textHeader("plain")), c.text)
	writeText(nextPart(w, textHeader("html")), c.html)
	_ = w.Close()
}

func textHeader(kind string) textproto.MIMEHeader {
	return textproto.MIMEHeader{"Content-Type": {"text/" + kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}}
}

func writeText(w io.Writer, s string) {
	q := quotedprintable.NewWriter(w)
	_, _ = io.WriteString(q, s)
	_ = q.Close()
}

func multipartWriter(b *bytes.Buffer, kind, boundary string) *multipart.Writer {
	writeFields(b, textproto.MIMEHeader{"Content-Type": {"multipart/" + kind + "; boundary=" + boundary}})
	w := multipart.NewWriter(b)
	_ = w.SetBoundary(boundary)
	return w
}

func nextPart(w *multipart.Writer, h textproto.MIMEHeader) io.Writer {
	part, err := w.CreatePart(h)
	if err != nil {
		return io.Discard
	}
	return part
}

// writeFields ends a header.
func writeFields(b *bytes.Buffer, h textproto.MIMEHeader) {
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
		if v := h.Get(name); v != "" {
			b.WriteString(name + ": " + v + "\r\n")
		}
	}
	b.WriteString("\r\n")
}

func writeAttachment(w *multipart.Writer, a attachment) {
	disposition := "attachment"
	if a.inline {
		disposition = "inline"
	}
	h := textproto.MIMEHeader{
		"Content-Type": {oneLine(a.contentType)}, "Content-Transfer-Encoding": {"base64"},
		"Content-Disposition": {mime.FormatMediaType(disposition, map[string]string{"filename": a.name})},
	}
	if a.contentID != "" {
		h.Set("Content-Id", "<"+oneLine(a.contentID)+">")
	}
	part, encoded := nextPart(w, h), base64.StdEncoding.EncodeToString(a.data)
	for len(encoded) > 76 {
		_, _ = io.WriteString(part, encoded[:76]+"\r\n")
		encoded = encoded[76:]
	}
	_, _ = io.WriteString(part, encoded)
}

func headerList(list []*mail.Address) string {
	var all []string
	for _, a := range list {
		all = append(all, oneLine(a.String()))
	}
	return strings.Join(all, ",\r\n ")
}

// oneLine keeps a value from ending its header field.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
