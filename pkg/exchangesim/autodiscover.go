package exchangesim

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// discovery is one Autodiscover request.
type discovery struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	base  string // of the URLs in answers
	fault *givenFault
	log   Request
}

// newDiscovery authenticates and reads a request; nil when it is answered already.
func (s *Server) newDiscovery(w http.ResponseWriter, r *http.Request, operation string) (*discovery, *node) {
	d := &discovery{s: s, w: w, r: r, base: s.baseURL(r), log: s.newLog(r)}
	d.log.Operation = operation
	s.commonHead(w.Header(), r, nil)
	w.Header().Set("X-SOAP-Enabled", "True") // what clients probe for, at any status
	if r.Method == http.MethodGet {          // without credentials: its Location counts, or the header above
		if d.log.Operation = "AutodiscoverGET"; d.takeFault() {
			return nil, nil
		}
	}
	account, challenges, ok := s.login(r)
	if len(challenges) > 0 {
		w.Header()["Www-Authenticate"] = challenges
	}
	if !ok {
		d.plain(http.StatusUnauthorized, "")
		return nil, nil
	}
	d.log.Account = account
	if r.Method != http.MethodPost {
		d.plain(http.StatusMethodNotAllowed, "Use POST.")
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		d.plain(http.StatusRequestEntityTooLarge, "The request is too large.")
		return nil, nil
	}
	root, err := parseXML(body)
	if err != nil {
		d.plain(http.StatusBadRequest, "The request is not XML: "+err.Error())
		return nil, nil
	}
	return d, root
}

// baseURL is Config.ExternalURL, or where the request itself went.
func (s *Server) baseURL(r *http.Request) string {
	if s.cfg.ExternalURL != "" {
		return strings.TrimSuffix(s.cfg.ExternalURL, "/")
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host
}

// takeFault finds the fault of the request and answers what needs no more; true when it is answered. A Fault with a
// ResponseCode and a Mailbox is for that user alone.
func (d *discovery) takeFault() bool {
	d.s.mu.Lock()
	d.fault = d.s.org.takeFault(d.log.Operation, "", d.log.Mailboxes, func(f Fault) bool {
		return f.atHost(d.r) && (f.Answer.ResponseCode == "" || f.Mailbox == "" && d.r.Method == http.MethodPost)
	})
	d.s.mu.Unlock()
	if !d.s.sitOut(d.r, d.fault) {
		d.s.abandon(d.w, d.log)
	}
	if !d.fault.answersHTTP() {
		return false
	}
	d.fault.setHeader(d.w.Header())
	switch f := d.fault; {
	case f.Reset:
		d.log.Code = "reset"
		d.s.record(d.log)
		abort(d.w)
	case f.Status != 0:
		d.plain(f.Status, f.Body)
	default:
		body, status := d.s.cfg.fault(f.soapFault(), http.StatusInternalServerError)
		d.answer(f.SOAPFault, status, body)
	}
	return true
}

// userFault finds the fault that answers one user with a code.
func (d *discovery) userFault(address string) *givenFault {
	return d.s.org.takeFault(d.log.Operation, "", []string{address}, func(f Fault) bool {
		return f.atHost(d.r) && f.Mailbox != "" && f.Answer.ResponseCode != ""
	})
}

func (d *discovery) answer(code string, status int, body []byte) {
	d.log.Code, d.log.HTTPStatus = code, status
	d.s.record(d.log)
	d.s.writeXML(d.w, status, d.fault.spoil(body))
}

func (d *discovery) plain(status int, text string) {
	d.log.Code, d.log.HTTPStatus = "HTTP "+strconv.Itoa(status), status
	d.s.record(d.log)
	http.Error(d.w, text, status)
}

// settings are what Autodiscover says of a mailbox; empty values are not available.
func (d *discovery) settings(mb *mailbox) map[string]string {
	ews := d.base + "/EWS/Exchange.asmx"
	name, _, _ := strings.Cut(mb.address, "@")
	dn := "/o=Simulated/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=" + strings.ReplaceAll(mb.guidText, "-", "") + "-" + name
	return map[string]string{
		"ExternalEwsUrl": ews, "InternalEwsUrl": ews, "GroupingInformation": mb.grouping,
		"EwsSupportedSchemas":     strings.Join(schemaVersions[:11], ", "),
		"AutoDiscoverSMTPAddress": mb.address,
		"UserDisplayName":         mb.address,
		"UserDN":                  dn,
		"MailboxDN":               dn,
		"InternalMailboxServer":   mb.server.name,
	}
}

// versionPart is one number of a version, or its name.
type versionPart struct{ name, value string }

func (v ServerVersion) elements() []versionPart {
	return []versionPart{
		{"MajorVersion", strconv.Itoa(v.Major)}, {"MinorVersion", strconv.Itoa(v.Minor)},
		{"MajorBuildNumber", strconv.Itoa(v.MajorBuild)}, {"MinorBuildNumber", strconv.Itoa(v.MinorBuild)},
		{"Version", v.Name},
	}
}
