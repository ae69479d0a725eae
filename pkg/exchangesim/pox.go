package exchangesim

import (
	"net/http"
	"strings"
)

// Namespaces of plain-XML Autodiscover (MS-OXDSCLI).
const (
	nsPOXRequest  = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
	nsPOXResponse = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
	nsPOX         = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
)

// servePOX answers plain-XML Autodiscover.
func (s *Server) servePOX(w http.ResponseWriter, r *http.Request) {
	d, root := s.newDiscovery(w, r, "AutodiscoverPOX")
	if d == nil {
		return
	}
	request := root.child(nsPOXRequest, "Request")
	address := strings.ToLower(request.child(nsPOXRequest, "EMailAddress").value())
	d.log.Mailboxes = []string{address}
	if d.takeFault() {
		return
	}
	s.mu.Lock()
	mb, f := s.org.mailboxes[address], d.userFault(address)
	var settings map[string]string
	if mb != nil {
		settings = d.settings(mb)
	}
	s.mu.Unlock()
	schema := request.child(nsPOXRequest, "AcceptableResponseSchema").value()
	switch {
	case !root.is(nsPOXRequest, "Autodiscover") || address == "":
		d.poxError("600", "Invalid Request")
	case schema != nsPOXResponse:
		d.poxError("601", "The schema is not served")
	case f != nil && strings.HasPrefix(f.ResponseCode, "Redirect"):
		d.poxRedirect(f)
	case f != nil:
		d.poxError(f.ResponseCode, f.text(f.ResponseCode))
	case d.fault != nil && d.fault.ResponseCode != "":
		d.poxError(d.fault.ResponseCode, d.fault.text(d.fault.ResponseCode))
	case mb == nil:
		d.poxError("500", "The e-mail address cannot be found")
	default:
		d.poxSettings(address, settings)
	}
}

func (d *discovery) poxSettings(address string, settings map[string]string) {
	x := &xmlBuffer{}
	x.raw(`<Response xmlns="`, nsPOXResponse, `"><User>`).element("DisplayName", address).element("AutoDiscoverSMTPAddress", address)
	x.raw(`</User><Account><AccountType>email</AccountType><Action>settings</Action>`)
	for _, kind := range []string{"EXCH", "EXPR"} {
		x.raw("<Protocol>").element("Type", kind).element("EwsUrl", settings["ExternalEwsUrl"])
		if g := settings["GroupingInformation"]; g != "" && kind == "EXPR" { // the reference has it there alone
			x.element("GroupingInformation", g)
		}
		x.raw("</Protocol>")
	}
	d.answerPOX("NoError", x.raw(`</Account></Response>`).b)
}

// poxRedirect sends the client to another address or URL.
func (d *discovery) poxRedirect(f *givenFault) {
	action, element := "redirectAddr", "RedirectAddr"
	if f.ResponseCode == "RedirectUrl" {
		action, element = "redirectUrl", "RedirectUrl"
	}
	x := &xmlBuffer{}
	x.raw(`<Response xmlns="`, nsPOXResponse, `"><Account>`).element("Action", action).element(element, f.RedirectTarget)
	d.answerPOX(f.ResponseCode, x.raw(`</Account></Response>`).b)
}

func (d *discovery) poxError(code, text string) {
	x := &xmlBuffer{}
	x.raw(`<Response><Error Time="`, d.log.At.UTC().Format("15:04:05.0000000"), `" Id="1">`)
	x.element("ErrorCode", code).element("Message", text)
	d.answerPOX(code, x.raw(`<DebugData /></Error></Response>`).b)
}

func (d *discovery) answerPOX(code string, response []byte) {
	x := &xmlBuffer{}
	x.raw(`<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="`, nsPOX, `">`, string(response), `</Autodiscover>`)
	d.answer(code, http.StatusOK, x.b)
}
