package ewssoap

import (
	"net/http"
	"strings"
	"time"
)

// Meta is what an answer, mostly its head, says besides the answer, for clocks and for finding the request in Exchange's logs.
type Meta struct {
	// Forbidden counts the characters that XML forbids and that were left out of an ordinary answer; those of a stream are
	// counted by Envelope.Forbidden.
	Forbidden int

	Date            time.Time // the server's Date header, whole seconds; zero if it sent none
	Received        time.Time // when the head arrived by the local clock, with its monotonic reading; zero: no answer
	RequestID       string    // request-id, or RequestId, the server's own name for the request
	ClientRequestID string    // client-request-id, the name this client gave it
	FEServer        string    // X-FEServer; several values joined by ", "
	BEServer        string    // X-BEServer, or X-CalculatedBETarget where only that was sent
	Cookie          Cookie    // X-BackEndOverrideCookie that the answer set; empty: none
	ExchangeCookie  Cookie    // exchangecookie that the answer set; empty: none
}

func metaOf(h http.Header, clientRequestID string) Meta {
	m := Meta{
		Received:        time.Now(),
		RequestID:       h.Get("request-id"),
		ClientRequestID: clientRequestID,
		FEServer:        strings.Join(h.Values("X-FEServer"), ", "),
		BEServer:        strings.Join(h.Values("X-BEServer"), ", "),
		Cookie:          cookieOf(h, overrideCookie),
		ExchangeCookie:  cookieOf(h, exchangeCookie),
	}
	if m.RequestID == "" {
		m.RequestID = h.Get("RequestId")
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		m.Date = date
	}
	if m.BEServer == "" {
		m.BEServer = strings.Join(h.Values("X-CalculatedBETarget"), ", ")
	}
	return m
}
