package ewssoap

import (
	"bytes"
	"encoding/xml"
)

// Namespaces of requests. Answers are matched by local name alone.
const (
	soapNamespace         = "http://schemas.xmlsoap.org/soap/envelope/"
	messagesNamespace     = "http://schemas.microsoft.com/exchange/services/2006/messages"
	typesNamespace        = "http://schemas.microsoft.com/exchange/services/2006/types"
	autodiscoverNamespace = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
	addressingNamespace   = "http://www.w3.org/2005/08/addressing"
	poxRequestNamespace   = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
	poxResponseSchema     = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)

// xmlWriter writes elements with the prefixes Exchange's own documents use. Attributes are pairs of name and value.
type xmlWriter struct {
	buf bytes.Buffer
}

func (w *xmlWriter) open(name string, attributes ...string) { w.tag(name, attributes, ">") }

func (w *xmlWriter) empty(name string, attributes ...string) { w.tag(name, attributes, "/>") }

func (w *xmlWriter) close(name string) {
	w.buf.WriteString("</")
	w.buf.WriteString(name)
	w.buf.WriteByte('>')
}

func (w *xmlWriter) text(name, value string) {
	w.open(name)
	w.escape(value)
	w.close(name)
}

func (w *xmlWriter) tag(name string, attributes []string, end string) {
	w.buf.WriteByte('<')
	w.buf.WriteString(name)
	for i := 0; i+1 < len(attributes); i += 2 {
		w.buf.WriteByte(' ')
		w.buf.WriteString(attributes[i])
		w.buf.WriteString(`="`)
		w.escape(attributes[i+1])
		w.buf.WriteByte('"')
	}
	w.buf.WriteString(end)
}

// escape writes text; writing to a bytes.Buffer cannot fail.
func (w *xmlWriter) escape(text string) { _ = xml.EscapeText(&w.buf, []byte(text)) }
