package exchangesim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Discovery is what Autodiscover says of an address in place of the settings of its mailbox, in both protocols. Of
// RedirectAddress, RedirectURL and Error at most one is set. The zero value is the ordinary answer.
type Discovery struct {
	RedirectAddress string `json:"redirectAddress,omitempty"` // the address to ask about
	RedirectURL     string `json:"redirectUrl,omitempty"`     // the service to ask
	// Error is an ErrorCode of SOAP (InvalidUser, ServerBusy, …) or of plain XML (500, 501, …). The other protocol
	// answers what comes nearest.
	Error   string   `json:"error,omitempty"`
	EWSURL  string   `json:"ewsUrl,omitempty"`  // in place of the simulator's
	Without []string `json:"without,omitempty"` // settings that are not available: GroupingInformation, ExternalEwsUrl, …
}

// discoveryErrors are the ErrorCodes of users, by their name in SOAP ("ErrorCode (SOAP)"), with what plain XML has for them
// (MS-OXDSCLI).
var discoveryErrors = map[string]string{
	"InvalidUser": "500", "InvalidRequest": "600", "ServerBusy": "603", "InternalServerError": "603",
	"InvalidDomain": "500", "NotFederated": "501",
}

// poxErrors are those of plain XML, with what SOAP has for them.
var poxErrors = map[string]string{
	"500": "InvalidUser", "501": "InvalidUser", "600": "InvalidRequest", "601": "InvalidRequest",
	"602": "InternalServerError", "603": "InternalServerError",
}

// Validate says what is wrong with a Discovery.
func (d Discovery) Validate() error {
	given := 0
	for _, s := range []string{d.RedirectAddress, d.RedirectURL, d.Error} {
		if s != "" {
			given++
		}
	}
	_, soap := discoveryErrors[d.Error]
	_, pox := poxErrors[d.Error]
	switch {
	case given > 1:
		return errors.New("set one of redirectAddress, redirectUrl and error")
	case given == 1 && (d.EWSURL != "" || len(d.Without) > 0):
		return errors.New("ewsUrl and without are of settings: leave them out with a redirect or an error")
	case d.RedirectAddress != "" && !strings.Contains(d.RedirectAddress, "@"):
		return fmt.Errorf("redirectAddress %q is no address", d.RedirectAddress)
	case d.Error != "" && !soap && !pox:
		return fmt.Errorf("error %q: use one of %s, %s", d.Error, strings.Join(slices.Sorted(maps.Keys(discoveryErrors)), ", "),
			strings.Join(slices.Sorted(maps.Keys(poxErrors)), ", "))
	}
	return nil
}

// SetAutodiscover says what Autodiscover answers about an address from now on, whether there is a mailbox of that address
// or not. It panics when the answer is contradictory. Fail has whole requests answered otherwise.
func (s *Server) SetAutodiscover(address string, d Discovery) {
	must(s.setAutodiscover(address, d))
}

func (s *Server) setAutodiscover(address string, d Discovery) (struct{}, error) {
	if !strings.Contains(address, "@") {
		return struct{}{}, fmt.Errorf("autodiscover: mailbox %q is no address", address)
	}
	if err := d.Validate(); err != nil {
		return struct{}{}, fmt.Errorf("autodiscover of %s: %w", address, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.discoveries[strings.ToLower(address)] = d
	return struct{}{}, nil
}

// found is what is answered about one address: settings, or why not. The code is one of SOAP.
type found struct {
	code, text, target string
	settings           map[string]string // empty values are not available
}

// about finds the answer about an address: a fault's, that of SetAutodiscover, or the mailbox's settings.
func (d *discovery) about(address string) found {
	if f := d.userFault(address); f != nil {
		return found{code: f.ResponseCode, text: f.text(f.ResponseCode), target: f.RedirectTarget}
	}
	said, mb := d.s.org.discoveries[address], d.s.org.mailboxes[address]
	switch {
	case said.RedirectAddress != "":
		return found{code: "RedirectAddress", target: said.RedirectAddress}
	case said.RedirectURL != "":
		return found{code: "RedirectUrl", target: said.RedirectURL}
	case said.Error != "":
		return found{code: said.Error, text: textOf(said.Error)}
	case mb == nil:
		return found{code: "InvalidUser", text: "The user " + address + " is not known."}
	}
	settings := d.settings(mb)
	if said.EWSURL != "" {
		settings["ExternalEwsUrl"], settings["InternalEwsUrl"] = said.EWSURL, said.EWSURL
	}
	for _, name := range said.Without {
		settings[name] = ""
	}
	return found{code: "NoError", settings: settings}
}
