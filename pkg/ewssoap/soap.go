package ewssoap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
)

// maxDepth limits how deep elements may nest. Real answers stay below 15.
const maxDepth = 32

var (
	errDepth   = errors.New("the elements nest too deep")
	errDoctype = errors.New("a document type declaration is not allowed in SOAP")
)

// notSOAPError says that what came is no answer to the operation sent.
type notSOAPError struct{ text string }

func (e *notSOAPError) Error() string { return e.text }

func notSOAP(format string, args ...any) error { return &notSOAPError{fmt.Sprintf(format, args...)} }

// decoder reads SOAP envelopes, one behind the other, from a source. Only local names count.
type decoder struct {
	src    *source
	scrub  *scrubber
	xml    *xml.Decoder
	proven bool // an envelope with the right answer was read
}

func newDecoder(src *source) *decoder {
	scrub := newScrubber(src)
	return &decoder{src: src, scrub: scrub, xml: xml.NewTokenDecoder(&guard{raw: xml.NewDecoder(scrub)})}
}

// forbidden returns how many characters were kept out since it was asked last.
func (d *decoder) forbidden() int {
	n := d.scrub.dropped
	d.scrub.dropped = 0
	return n
}

// guard passes tokens on and enforces what encoding/xml does not.
type guard struct {
	raw   *xml.Decoder
	depth int
}

// Token implements xml.TokenReader.
func (g *guard) Token() (xml.Token, error) {
	token, err := g.raw.RawToken()
	switch token.(type) {
	case xml.Directive:
		return nil, errDoctype
	case xml.StartElement:
		if g.depth++; g.depth > maxDepth {
			return nil, errDepth
		}
	case xml.EndElement:
		g.depth--
	}
	return token, err
}

// answerElement is what an answer is decoded into.
type answerElement interface {
	// empty says that there is no response message in it.
	empty() bool
}

// envelope decodes the next envelope into the element called name. A SOAP fault in its place is returned as a *fault.
// The error is io.EOF, as the source says it, where no envelope begins.
func (d *decoder) envelope(name string, into answerElement) error {
	first, err := d.body()
	if err != nil {
		return err
	}
	if first.Name.Local == "Fault" {
		f := new(fault)
		if err := d.xml.DecodeElement(f, &first); err != nil {
			return err
		}
		return f
	}
	if first.Name.Local != name {
		return notSOAP("the answer is a %s, not a %s", clip(first.Name.Local), name)
	}
	if err := d.xml.DecodeElement(into, &first); err != nil {
		return err
	}
	if into.empty() {
		return notSOAP("the %s holds no response message", name)
	}
	if err := d.xml.Skip(); err != nil { // to the end of Body
		return err
	}
	d.proven = true
	return d.xml.Skip() // to the end of Envelope
}

// document decodes the first element of a document of plain XML, whose root is called name.
func (d *decoder) document(name string, into answerElement) error {
	root, err := d.root()
	if err != nil {
		return err
	}
	if root.Name.Local != name {
		return notSOAP("the answer is a document of %s, not of %s", clip(root.Name.Local), name)
	}
	first, err := d.child(name)
	if err != nil {
		return err
	}
	if err := d.xml.DecodeElement(into, &first); err != nil {
		return err
	}
	if into.empty() {
		return notSOAP("the %s holds no response", name)
	}
	d.proven = true
	return d.xml.Skip()
}

// body reads up to the first element of Body.
func (d *decoder) body() (xml.StartElement, error) {
	root, err := d.root()
	if err != nil {
		return root, err
	}
	if root.Name.Local != "Envelope" {
		return root, notSOAP("the answer is a document of %s, not a SOAP Envelope", clip(root.Name.Local))
	}
	for {
		child, err := d.child("Envelope")
		if err != nil {
			return child, err
		}
		if child.Name.Local == "Body" {
			return d.child("Body")
		}
		if err := d.xml.Skip(); err != nil {
			return child, err
		}
	}
}

// root reads up to the first element of a document. Before it, only a declaration, comments, white space and a byte
// order mark may stand.
func (d *decoder) root() (xml.StartElement, error) {
	for {
		token, err := d.xml.Token()
		switch read := d.src.failed; {
		case read == errNoMarkup, err != nil && read == nil:
			return xml.StartElement{}, notSOAP("no SOAP Envelope: %v", err)
		case err != nil:
			return xml.StartElement{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token, nil
		case xml.CharData: // behind a declaration or a comment
			if len(bytes.Trim(token, " \t\r\n\ufeff")) > 0 {
				return xml.StartElement{}, notSOAP("no SOAP Envelope: %v", errNoMarkup)
			}
		}
	}
}

// child reads up to the next element inside the one called parent.
func (d *decoder) child(parent string) (xml.StartElement, error) {
	for {
		token, err := d.xml.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token, nil
		case xml.EndElement:
			return xml.StartElement{}, notSOAP("the %s is empty", parent)
		}
	}
}
