package ewssoap

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"time"
)

// Names and codes with a meaning of their own.
const (
	codeNoError             = "NoError"
	codeInternalServerError = "ErrorInternalServerError"
	valueInnerCode          = "InnerErrorResponseCode"
	valueBackOff            = "BackOffMilliseconds"
)

// fault is a SOAP fault, of SOAP 1.1 or 1.2 (Autodiscover answers in either).
type fault struct {
	FaultCode   string      `xml:"faultcode"`
	FaultString string      `xml:"faultstring"`
	Detail      faultDetail `xml:"detail"`

	Code12   string      `xml:"Code>Value"`
	Reason12 string      `xml:"Reason>Text"`
	Detail12 faultDetail `xml:"Detail"`
}

type faultDetail struct {
	ResponseCode string     `xml:"ResponseCode"`
	Message      string     `xml:"Message"`
	XML          messageXML `xml:"MessageXml"`
}

// Error makes a fault an error for the decoder's return; callers of the package see an *Error.
func (f *fault) Error() string { return f.code() }

// code is the ResponseCode of the detail, else the local part of the faultcode: some servers send no detail.
func (f *fault) code() string {
	for _, code := range []string{f.Detail.ResponseCode, f.Detail12.ResponseCode, f.FaultCode, f.Code12} {
		if code = strings.TrimSpace(code); code != "" {
			return code[strings.LastIndexByte(code, ':')+1:]
		}
	}
	return ConditionMalformed
}

func (f *fault) values() map[string]string {
	if values := f.Detail.XML.values(); values != nil {
		return values
	}
	return f.Detail12.XML.values()
}

// fill completes e with what the fault says.
func (f *fault) fill(e *Error) {
	e.Values = f.values()
	e.Code = innerCode(f.code(), e.Values)
	for _, text := range []string{f.FaultString, f.Reason12, f.Detail.Message, f.Detail12.Message} {
		if e.Text = strings.TrimSpace(text); e.Text != "" {
			break
		}
	}
	if wait := backOff(e.Values); wait > 0 {
		e.BackOff = wait
	}
}

// messageXML holds further facts about an error. Most are t:Value elements with a name; those about a request that
// breaks the schema are elements of their own.
type messageXML struct {
	Values []struct {
		Name string `xml:"Name,attr"`
		Text string `xml:",chardata"`
	} `xml:"Value"`
	Others []struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	} `xml:",any"`
}

func (m messageXML) values() map[string]string {
	if len(m.Values)+len(m.Others) == 0 {
		return nil
	}
	values := make(map[string]string, len(m.Values)+len(m.Others))
	for _, v := range m.Values {
		values[v.Name] = strings.TrimSpace(v.Text)
	}
	for _, v := range m.Others {
		values[v.XMLName.Local] = strings.TrimSpace(v.Text)
	}
	return values
}

// status is what every response message begins with (MS-OXWSCDATA, ResponseMessageType).
type status struct {
	Class string     `xml:"ResponseClass,attr"`
	Text  string     `xml:"MessageText"`
	Code  string     `xml:"ResponseCode"`
	XML   messageXML `xml:"MessageXml"`
}

func (s status) ok() bool {
	return s.Class == "Success" || s.Class == "" && strings.TrimSpace(s.Code) == codeNoError
}

// failure returns the error the message reports, nil if it reports success.
func (s status) failure(t *trip) *Error {
	if s.ok() {
		return nil
	}
	e := t.fail(strings.TrimSpace(s.Code), strings.TrimSpace(s.Text))
	e.Values = s.XML.values()
	e.Code = innerCode(e.Code, e.Values)
	if e.Code == "" || e.Code == codeNoError {
		e.Code = ConditionMalformed
	}
	if wait := backOff(e.Values); wait > 0 {
		e.BackOff = wait
	}
	return e
}

// innerCode returns the code that counts: an ErrorInternalServerError may wrap the true one (throttling does so).
func innerCode(code string, values map[string]string) string {
	if inner := values[valueInnerCode]; code == codeInternalServerError && inner != "" {
		return inner
	}
	return code
}

func backOff(values map[string]string) time.Duration {
	return durationOf(values[valueBackOff], time.Millisecond)
}

// durationOf reads a whole number of units; anything else is 0.
func durationOf(text string, unit time.Duration) time.Duration {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, math.MaxInt64/int64(unit))) * unit
}
