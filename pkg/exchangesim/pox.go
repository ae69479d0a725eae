package exchangesim

import (
	"cmp"
	"net/http"
	"slices"
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
	f := d.about(address)
	s.mu.Unlock()
	schema := request.child(nsPOXRequest, "AcceptableResponseSchema").value()
	switch {
	case !root.is(nsPOXRequest, "Autodiscover") || address == "":
		d.poxError(found{code: "600", text: "Invalid Request"})
	case schema != nsPOXResponse:
		d.poxError(found{code: "601", text: "The schema is not served"})
	case d.fault != nil && d.fault.ResponseCode != "":
		d.poxError(found{code: d.fault.ResponseCode, text: d.fault.text(d.fault.ResponseCode)})
	case f.code == "NoError":
		d.poxSettings(address, f.settings)
	case f.code == "RedirectAddress":
		d.poxRedirect(f, "redirectAddr", "RedirectAddr")
	case f.code == "RedirectUrl":
		d.poxRedirect(f, "redirectUrl", "RedirectUrl")
	default:
		d.poxError(f)
	}
}

func (d *discovery) poxSettings(address string, settings map[string]string) {
	x := &xmlBuffer{}
	x.raw(`<Response xmlns="`, nsPOXResponse, `"><User>`).element("DisplayName", address).element("AutoDiscoverSMTPAddress", address)
	x.raw(`</User><Account><AccountType>email</AccountType><Action>settings</Action>`)
	for _, p := range d.protocols(settings) {
		x.raw("<Protocol>").element("Type", p.kind).optional("EwsUrl", p.url).optional("GroupingInformation", p.grouping).raw("</Protocol>")
	}
	d.answerPOX("NoError", x.raw(`</Account></Response>`).b)
}

// protocol is one way to reach a mailbox.
type protocol struct{ kind, url, grouping string }

// protocols are those of an answer. EXHTTP goes to clients that ask for it ("POX Autodiscover request for Exchange"),
// GroupingInformation is of EXPR alone ("GroupingInformation (POX)").
func (d *discovery) protocols(settings map[string]string) []protocol {
	inner, outer := settings["InternalEwsUrl"], settings["ExternalEwsUrl"]
	if d.s.cfg.Wire == WireGromox { // as recorded
		return []protocol{{"EXHTTP", outer, ""}, {"EXCH", inner, ""}, {"EXPR", "", ""}}
	}
	all := []protocol{{"EXCH", inner, ""}, {"EXPR", outer, settings["GroupingInformation"]}}
	asked := slices.ContainsFunc(strings.Split(d.r.Header.Get("X-ClientCanHandle"), ","), func(s string) bool {
		return strings.EqualFold(strings.TrimSpace(s), "ExHttpInfo")
	})
	if asked && d.s.cfg.Version.knowsExHTTP() {
		all = append(all, protocol{"EXHTTP", outer, ""})
	}
	return all
}

// knowsExHTTP tells versions from 15.00.0995.014 on.
func (v ServerVersion) knowsExHTTP() bool {
	return v.Major > 15 || v.Major == 15 && (v.Minor > 0 || v.MajorBuild >= 995)
}

// poxRedirect sends the client to another address or URL.
func (d *discovery) poxRedirect(f found, action, element string) {
	x := &xmlBuffer{}
	x.raw(`<Response xmlns="`, nsPOXResponse, `"><Account>`).element("Action", action).element(element, f.target)
	d.answerPOX(f.code, x.raw(`</Account></Response>`).b)
}

// poxError answers with the code that plain XML has for one of SOAP; gromox knows an unknown address as 404.
func (d *discovery) poxError(f found) {
	code := cmp.Or(discoveryErrors[f.code], f.code)
	if f.code == "InvalidUser" && d.s.cfg.Wire == WireGromox {
		code = "404"
	}
	x := &xmlBuffer{}
	x.raw(`<Response><Error Time="`, d.log.At.UTC().Format("15:04:05.0000000"), `" Id="1">`)
	x.element("ErrorCode", code).element("Message", f.text)
	d.answerPOX(code, x.raw(`<DebugData /></Error></Response>`).b)
}

func (d *discovery) answerPOX(code string, response []byte) {
	x := &xmlBuffer{}
	x.raw(`<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="`, nsPOX, `">`, string(response), `</Autodiscover>`)
	d.answer(code, http.StatusOK, x.b)
}
