package oauth

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// maxText limits the server's words, in bytes.
const maxText = 400

// Error is a token that was not given.
type Error struct {
	Server     string // host that was asked
	HTTPStatus int    // 0: there was no answer
	Code       string // error of RFC 6749, section 5.2, such as invalid_client; empty: the answer was not OAuth's
	Text       string // error_description: from Entra it begins with the AADSTS number
	Err        error  // the cause, if there was no answer
}

// Error names the server and what it said.
func (e *Error) Error() string {
	parts := []string{"oauth: no token from " + e.Server}
	switch {
	case e.Code != "":
		parts = append(parts, e.Code)
	case e.HTTPStatus != 0:
		parts = append(parts, "HTTP "+strconv.Itoa(e.HTTPStatus)+", not an answer of OAuth")
	}
	if e.Text != "" {
		parts = append(parts, e.Text)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// server is the host that is asked.
func (s *Source) server() string {
	u, err := url.Parse(s.cfg.TokenURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// errorOf tells why the server gave no token. What proved the application is taken out of the server's words.
func (s *Source) errorOf(err error, proof string) error {
	e := &Error{Server: s.server()}
	var refusal *oauth2.RetrieveError
	var transport *url.Error
	switch {
	case errors.As(err, &refusal):
		e.HTTPStatus, e.Code = refusal.Response.StatusCode, clip(refusal.ErrorCode, proof)
		e.Text = clip(refusal.ErrorDescription, proof)
	case errors.As(err, &transport):
		e.Err = transport.Err
	default:
		e.Err = err
	}
	return e
}

// clip shortens a text of the server's to what one line holds.
func clip(text, proof string) string {
	if proof != "" {
		text = strings.NewReplacer(proof, "redacted", url.QueryEscape(proof), "redacted").Replace(text)
	}
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}
