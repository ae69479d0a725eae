package exchangesim

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Fault is an answer in place of the ordinary one, which Fail arranges. Empty conditions match everything.
type Fault struct {
	Operation string      `json:"operation,omitempty"` // the name of an EWS operation, GetUserSettings, AutodiscoverPOX, or AutodiscoverGET without credentials
	Mailbox   string      `json:"mailbox,omitempty"`   // impersonated, or named by the request or by one of its ids
	Server    string      `json:"server,omitempty"`    // the mailbox server the request is routed to
	Host      string      `json:"host,omitempty"`      // in the URL of the request, without port
	Times     int         `json:"times,omitempty"`     // 0: once; below 0: until removed
	After     int         `json:"after,omitempty"`     // lets that many matching requests pass first
	Answer    FaultAnswer `json:"answer"`
}

// FaultAnswer is what a Fault does. Exactly one of ResponseCode, SOAPFault, Busy, Status, Reset, CorruptXML and Truncate
// is set, or none of them together with a Delay: then the ordinary answer comes late.
type FaultAnswer struct {
	// ResponseCode makes the answer a ResponseMessage of class Error (for GetUserSettings: the ErrorCode of the Fault's
	// Mailbox, or without one of the whole request). On a stream it comes in-band after Envelopes: it names the ids of
	// the Fault's Mailbox, which die of it unless the code is ErrorMissedNotificationEvents; with no Mailbox it is a
	// general error, and the stream ends with it.
	ResponseCode string `json:"responseCode,omitempty"`
	// SOAPFault makes the answer a fault with HTTP status 500 and this code.
	SOAPFault string `json:"soapFault,omitempty"`
	// Busy makes the answer what the server says to a caller that it throttles, ErrorServerBusy in the form of Config.Busy.
	Busy bool `json:"busy,omitempty"`
	// Status makes the answer that HTTP status with Body; Header is added.
	Status int               `json:"status,omitempty"`
	Body   string            `json:"body,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	// Reset cuts the connection without an answer; a stream right after Envelopes.
	Reset bool `json:"reset,omitempty"`
	// CorruptXML makes the answer's XML ill-formed; on a stream that of the next envelope after Envelopes.
	CorruptXML bool `json:"corruptXml,omitempty"`
	// Truncate writes half of a stream's next envelope after Envelopes and ends the HTTP body there; of an ordinary
	// answer it is half of the envelope.
	Truncate bool `json:"truncate,omitempty"`
	// Envelopes is the number of envelopes that a stream writes before ResponseCode, Reset, CorruptXML or Truncate.
	Envelopes int `json:"envelopes,omitempty"`
	// Delay holds the answer back.
	Delay time.Duration `json:"delay,omitempty"` // in JSON "1.5s"
	// Text replaces the usual MessageText or faultstring.
	Text string `json:"text,omitempty"`
	// BackOffMilliseconds is the hint that goes with a ResponseCode, SOAPFault or Busy.
	BackOffMilliseconds int `json:"backOffMilliseconds,omitempty"`
	// Values are further t:Value children of MessageXml: Policy, MaxConcurrencyLimit, InnerErrorResponseCode, …
	Values map[string]string `json:"values,omitempty"`
	// RetryAfter is the header of that name, in whole seconds; it goes with a Status or SOAPFault.
	RetryAfter time.Duration `json:"retryAfter,omitempty"` // in JSON "30s"
	// RedirectTarget goes with the ResponseCodes RedirectAddress and RedirectUrl of Autodiscover.
	RedirectTarget string `json:"redirectTarget,omitempty"`
	// Users shortens the answer of GetUserSettings to its first users, as a throttled server does.
	Users int `json:"users,omitempty"`
}

const kindsOfAnswer = "responseCode, soapFault, busy, status, reset, corruptXml, truncate, users"

// validate says what is wrong with a fault before it is in force.
func (f Fault) validate() error {
	a, kinds := f.Answer, 0
	for _, set := range []bool{a.ResponseCode != "", a.SOAPFault != "", a.Busy, a.Status != 0, a.Reset, a.CorruptXML, a.Truncate, a.Users > 0} {
		if set {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return errors.New("fault: the answer has several kinds; set one of " + kindsOfAnswer)
	case kinds == 0 && a.Delay <= 0:
		return errors.New("fault: the answer is empty; set one of " + kindsOfAnswer + ", or delay")
	case a.Status != 0 && (a.Status < 200 || a.Status > 599):
		return errors.New("fault: status is out of 200..599")
	case strings.HasPrefix(a.ResponseCode, "Redirect") && a.RedirectTarget == "":
		return errors.New("fault: a redirect needs a redirectTarget")
	case f.After < 0 || a.Envelopes < 0:
		return errors.New("fault: after and envelopes count from 0")
	}
	return nil
}

// UnmarshalJSON reads durations as people write them. Unknown fields are an error.
func (a *FaultAnswer) UnmarshalJSON(b []byte) error {
	type plain FaultAnswer
	in := struct {
		*plain
		Delay      duration `json:"delay"`
		RetryAfter duration `json:"retryAfter"`
	}{plain: (*plain)(a)}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return err
	}
	a.Delay, a.RetryAfter = time.Duration(in.Delay), time.Duration(in.RetryAfter)
	return nil
}

// MarshalJSON writes durations as UnmarshalJSON reads them.
func (a FaultAnswer) MarshalJSON() ([]byte, error) {
	type plain FaultAnswer
	return json.Marshal(struct {
		plain
		Delay      duration `json:"delay,omitzero"`
		RetryAfter duration `json:"retryAfter,omitzero"`
	}{plain(a), duration(a.Delay), duration(a.RetryAfter)})
}

// duration is a time.Duration that JSON has as text.
type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(b []byte) error {
	parsed, err := time.ParseDuration(string(b))
	*d = duration(parsed)
	return err
}
