package exchangesim

import (
	"bytes"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
)

// xmlBuffer collects an answer. Its methods return it, so that an element reads as one line.
type xmlBuffer struct{ b []byte }

// raw appends markup.
func (x *xmlBuffer) raw(parts ...string) *xmlBuffer {
	for _, p := range parts {
		x.b = append(x.b, p...)
	}
	return x
}

// text appends character data.
func (x *xmlBuffer) text(s string) *xmlBuffer {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer does not fail
	x.b = append(x.b, b.Bytes()...)
	return x
}

// element appends an element that holds text. The name has its prefix.
func (x *xmlBuffer) element(name, text string) *xmlBuffer {
	return x.raw("<", name, ">").text(text).raw("</", name, ">")
}

// optional appends an element unless its text is empty.
func (x *xmlBuffer) optional(name, text string) *xmlBuffer {
	if text == "" {
		return x
	}
	return x.element(name, text)
}

// id appends an id element; both attributes are base64.
func (x *xmlBuffer) id(name, id, changeKey string) *xmlBuffer {
	return x.raw("<", name, ` Id="`, id, `" ChangeKey="`, changeKey, `" />`)
}

// values appends a MessageXml with a t:Value for each entry, or nothing.
func (x *xmlBuffer) values(parent, namespaces string, values map[string]string) *xmlBuffer {
	if len(values) == 0 {
		return x
	}
	x.raw("<", parent, namespaces, ">")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		x.raw(`<t:Value Name="`).text(name).raw(`">`).text(values[name]).raw("</t:Value>")
	}
	return x.raw("</", parent, ">")
}

// attributes writes a version as ServerVersionInfo of EWS has it.
func (v ServerVersion) attributes() string {
	var b strings.Builder
	for _, part := range v.elements() {
		b.WriteString(` ` + part.name + `="` + part.value + `"`)
	}
	return b.String()
}

const xsiXSD = ` xmlns:xsi="` + nsXSI + `" xmlns:xsd="` + nsXSD + `"`

// ordinaryEnvelope wraps the content of a SOAP body as Exchange answers ordinary calls.
func ordinaryEnvelope(v ServerVersion, body []byte) []byte {
	x := &xmlBuffer{}
	x.raw(`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="`, nsSOAP, `"><s:Header><h:ServerVersionInfo`,
		v.attributes(), ` xmlns:h="`, nsTypes, `" xmlns="`, nsTypes, `"`, xsiXSD, `/></s:Header><s:Body`, xsiXSD, `>`)
	x.b = append(x.b, body...)
	return x.raw(`</s:Body></s:Envelope>`).b
}
