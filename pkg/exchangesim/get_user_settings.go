package exchangesim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const actionBase = "http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/GetUserSettings"

// discoveryVersions are the values of RequestedServerVersion. Those that EWS has beside them are refused (ews-managed-api
// issue 140).
var discoveryVersions = []string{
	"Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2012", "Exchange2013", "Exchange2013_SP1", "Exchange2015", "Exchange2016",
}

// serveAutodiscover answers GetUserSettings of SOAP Autodiscover (MS-OXWSADISC).
func (s *Server) serveAutodiscover(w http.ResponseWriter, r *http.Request) {
	d, root := s.newDiscovery(w, r, "GetUserSettings")
	if d == nil {
		return
	}
	request := root.child(nsSOAP, "Body").child(nsAutodiscover, "GetUserSettingsRequestMessage").child(nsAutodiscover, "Request")
	users, asked := userMailboxes(request), requestedSettings(request)
	d.log.Mailboxes = users
	if d.takeFault() {
		return
	}
	version := root.child(nsSOAP, "Header").child(nsAutodiscover, "RequestedServerVersion").value()
	switch {
	case !root.is(nsSOAP, "Envelope") || request == nil:
		f := &soapFault{code: "ErrorInvalidRequest", text: "The request is not a GetUserSettings."}
		d.answer(f.code, http.StatusInternalServerError, ordinaryEnvelope(s.cfg.Version, f.render()))
	case d.fault != nil && d.fault.ResponseCode != "":
		d.answerSettings(d.fault.ResponseCode, d.fault.text(d.fault.ResponseCode), nil)
	case !slices.Contains(discoveryVersions, version):
		d.answerSettings("InvalidRequest", "The RequestedServerVersion header is missing or invalid.", nil)
	case s.cfg.MaxDiscoveredUsers > 0 && len(users) > s.cfg.MaxDiscoveredUsers:
		d.answerSettings("InvalidRequest", "At most "+strconv.Itoa(s.cfg.MaxDiscoveredUsers)+" users may be asked about at once.", nil)
	case len(users) == 0 || len(asked) == 0:
		d.answerSettings("InvalidRequest", "Users or RequestedSettings is empty.", nil)
	default:
		d.answerSettings("NoError", "", d.userResponses(users, asked))
	}
}

func userMailboxes(request *node) []string {
	var users []string
	for _, u := range request.child(nsAutodiscover, "Users").named(nsAutodiscover, "User") {
		users = append(users, strings.ToLower(u.child(nsAutodiscover, "Mailbox").value()))
	}
	return users
}

func requestedSettings(request *node) []string {
	var asked []string
	for _, n := range request.child(nsAutodiscover, "RequestedSettings").named(nsAutodiscover, "Setting") {
		asked = append(asked, n.value())
	}
	return asked
}

// userResponses answers each user, or as many as a fault says.
func (d *discovery) userResponses(users, asked []string) []byte {
	if d.fault != nil && d.fault.Users > 0 {
		users = users[:min(d.fault.Users, len(users))]
	}
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	x := &xmlBuffer{}
	for _, address := range users {
		d.about(address).userResponse(x, asked)
	}
	return x.b
}

// userResponse writes the answer for one user, in the order of the schema. Settings that are known but empty come as
// errors; with another code than NoError there are none.
func (f found) userResponse(x *xmlBuffer, asked []string) {
	x.raw("<UserResponse>").element("ErrorCode", cmp.Or(poxErrors[f.code], f.code)).element("ErrorMessage", f.text)
	if f.target != "" {
		x.element("RedirectTarget", f.target)
	} else {
		x.raw(`<RedirectTarget i:nil="true" />`)
	}
	values, failed := &xmlBuffer{}, &xmlBuffer{}
	for _, name := range asked {
		value, known := f.settings[name]
		switch {
		case value != "":
			values.raw(`<UserSetting i:type="StringSetting">`).element("Name", name).element("Value", value).raw(`</UserSetting>`)
		case f.code != "NoError":
		case known:
			settingError(failed, "SettingIsNotAvailable", name)
		default:
			settingError(failed, "InvalidSetting", name)
		}
	}
	x.raw("<UserSettingErrors>", string(failed.b), "</UserSettingErrors><UserSettings>", string(values.b), "</UserSettings></UserResponse>")
}

func settingError(x *xmlBuffer, code, name string) {
	x.raw("<UserSettingError>").element("ErrorCode", code).element("ErrorMessage", textOf(code)).element("SettingName", name).raw("</UserSettingError>")
}

// answerSettings writes the envelope, whose header has the version in elements, unlike that of EWS.
func (d *discovery) answerSettings(code, text string, users []byte) {
	v := d.s.cfg.Version
	x := &xmlBuffer{}
	x.raw(`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="`, nsSOAP, `" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>`,
		`<a:Action s:mustUnderstand="1">`, actionBase, `Response</a:Action><h:ServerVersionInfo xmlns:h="`, nsAutodiscover, `" xmlns:i="`, nsXSI, `">`)
	for _, part := range v.elements() {
		x.element("h:"+part.name, part.value)
	}
	x.raw(`</h:ServerVersionInfo></s:Header><s:Body><GetUserSettingsResponseMessage xmlns="`, nsAutodiscover, `"><Response xmlns:i="`, nsXSI, `">`)
	x.element("ErrorCode", code).element("ErrorMessage", text)
	x.raw("<UserResponses>", string(users), "</UserResponses></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>")
	d.answer(code, http.StatusOK, x.b)
}
