package exchangesim

import "net/http"

// framer writes the envelopes of a stream.
type framer interface {
	status(status string) envelope
	errors(notices []notice, status string) []envelope
	notifications(deliveries []delivery) []envelope
	statusEvents(st *stream) envelope
}

func (c Config) newFramer() framer {
	if c.Wire == WireGromox {
		return newGromoxFrame(c.Version)
	}
	return newFrame(c.Version)
}

// envelope wraps the content of a SOAP body as an ordinary answer.
func (c Config) envelope(body []byte) []byte {
	if c.Wire == WireGromox {
		return (&xmlBuffer{}).raw(xmlDeclaration, gromoxHead(c.Version), string(body), gromoxTail).b
	}
	return ordinaryEnvelope(c.Version, body)
}

// fault is the answer to what could not be done, and its HTTP status.
func (c Config) fault(f *soapFault, status int) ([]byte, int) {
	if c.Wire != WireGromox {
		return c.envelope(f.render()), status
	}
	code := f.code
	switch code {
	case "ErrorSchemaValidation", "ErrorInvalidIdMalformed":
		code, status = "SOAP:Client", http.StatusOK
	case "ErrorInvalidRequest":
		code = "SOAP:Server"
	case "ErrorNonExistentMailbox":
		code, status = "ErrorCannotFindUser", http.StatusOK
	default:
		status = http.StatusOK
	}
	x := (&xmlBuffer{}).raw(xmlDeclaration, gromoxEnvelope, `<SOAP:Header/><SOAP:Body><SOAP:Fault><faultcode xsi:type="xsd:string">`)
	x.text(code).raw(`</faultcode><faultstring xsi:type="xsd:string">`).text(f.text)
	return x.raw(`</faultstring></SOAP:Fault>`, gromoxTail).b, status
}

// contentType is that of ordinary answers.
func (c Config) contentType() string {
	if c.Wire == WireGromox {
		return "text/xml"
	}
	return "text/xml; charset=utf-8"
}

// unknownID is the code of an id that a stream cannot have.
func (c Config) unknownID(code string) string {
	if c.Wire == WireGromox {
		return "ErrorInvalidSubscription"
	}
	return code
}
