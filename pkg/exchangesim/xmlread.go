package exchangesim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Namespaces of the protocols.
const (
	nsSOAP         = "http://schemas.xmlsoap.org/soap/envelope/"
	nsMessages     = "http://schemas.microsoft.com/exchange/services/2006/messages"
	nsTypes        = "http://schemas.microsoft.com/exchange/services/2006/types"
	nsErrors       = "http://schemas.microsoft.com/exchange/services/2006/errors"
	nsAutodiscover = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
	nsXSI          = "http://www.w3.org/2001/XMLSchema-instance"
	nsXSD          = "http://www.w3.org/2001/XMLSchema"
)

// node is an element of a request. Looking something up in a nil node finds nothing.
type node struct {
	name     xml.Name
	attrs    []xml.Attr
	children []*node
	text     strings.Builder
}

// maxDepth bounds the nesting of a request.
const maxDepth = 64

// parseXML reads a whole document.
func parseXML(body []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	top := &node{}
	stack := []*node{top}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			n := &node{name: t.Name, attrs: t.Copy().Attr}
			if len(stack) > maxDepth {
				return nil, errors.New("elements are nested too deeply")
			}
			parent := stack[len(stack)-1]
			parent.children = append(parent.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			stack[len(stack)-1].text.Write(t)
		case xml.Directive:
			return nil, errors.New("a document type declaration is not allowed")
		}
	}
	if len(top.children) != 1 {
		return nil, errors.New("the document has no root element")
	}
	return top.children[0], nil
}

// is tells whether the element has that name.
func (n *node) is(space, local string) bool {
	return n != nil && n.name.Space == space && n.name.Local == local
}

// child returns the first child of that name, or nil.
func (n *node) child(space, local string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if c.is(space, local) {
			return c
		}
	}
	return nil
}

// all returns the children; none of a nil node.
func (n *node) all() []*node {
	if n == nil {
		return nil
	}
	return n.children
}

// named returns the children of that name.
func (n *node) named(space, local string) []*node {
	var found []*node
	for _, c := range n.all() {
		if c.is(space, local) {
			found = append(found, c)
		}
	}
	return found
}

// first returns the first child element.
func (n *node) first() *node {
	if len(n.all()) == 0 {
		return nil
	}
	return n.children[0]
}

func (n *node) attr(local string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.attrs {
		if a.Name.Local == local && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func (n *node) value() string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.text.String())
}
