package check

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
	"github.com/ewsnats/ewsnats/pkg/httpauth/oauth"
)

// failure is a request that went wrong: what the server said, who it was, and what may be done.
func failure(err error, op ewsaffinity.Operation) Finding {
	var e *ewssoap.Error
	if !errors.As(err, &e) {
		return failed(causeOther, "given up: %v", err)
	}
	text := e.Code
	if text == ewssoap.ConditionAuthorizer {
		text = "no login could be made"
	}
	if e.HTTPStatus != 0 && e.Code != statusCode(e) {
		text += fmt.Sprintf(" (HTTP %d)", e.HTTPStatus)
	}
	f := failed(causeOf(e), "%s", text)
	switch {
	case e.Text != "" && (isAnswer(e) || e.Code == statusCode(e)):
		f = f.with("the server says: " + clip(e.Text))
	case e.Text != "":
		f = f.with(clip(e.Text))
	}
	if e.Location != "" {
		f = f.with("it leads to " + withoutQuery(e.Location))
	}
	if e.Err != nil {
		f = f.with(clip(e.Err.Error()))
	}
	return f.with(budget(e), trail(e.Meta)).advise(advice(op, e))
}

// budget is what throttling says of itself.
func budget(e *ewssoap.Error) string {
	var parts []string
	if e.BackOff > 0 {
		parts = append(parts, "it asks to wait "+e.BackOff.String())
	}
	for _, name := range slices.Sorted(maps.Keys(e.Values)) {
		if name != "BackOffMilliseconds" {
			parts = append(parts, name+" "+clip(e.Values[name]))
		}
	}
	return strings.Join(parts, ", ")
}

// isAnswer reports whether Exchange itself answered, and so the login was accepted: the code is one of its own.
func isAnswer(e *ewssoap.Error) bool {
	return e.HTTPStatus != 0 && e.Code != statusCode(e) && strings.IndexFunc(e.Code, unicode.IsUpper) == 0
}

// statusCode is the code of an answer that has none but its status.
func statusCode(e *ewssoap.Error) string { return fmt.Sprintf("HTTP %d", e.HTTPStatus) }

func causeOf(e *ewssoap.Error) cause {
	switch e.Code {
	case ewssoap.ConditionDNS, ewssoap.ConditionDNSNotFound, ewssoap.ConditionRefused, ewssoap.ConditionConnectTimeout,
		ewssoap.ConditionTLS, ewssoap.ConditionTimeout, ewssoap.ConditionReset, "HTTP 502", "HTTP 503", "HTTP 504":
		return causeUnreachable
	case "HTTP 401", "HTTP 403", "HTTP 407", "HTTP 440", "HTTP 449", "HTTP 456", "ErrorPasswordExpired", "ErrorPasswordChangeRequired":
		return causeRefused
	case ewssoap.ConditionAuthorizer:
		return causeOfNone(e.Err)
	case ewssoap.ConditionRequest:
		return causeConfig
	}
	return causeOther
}

// causeOfNone is why there are no credentials: they may have been refused by who gives tokens and tickets.
func causeOfNone(err error) cause {
	var token *oauth.Error
	var network net.Error
	switch {
	case errors.Is(err, httpauth.ErrRefused), errors.As(err, &token) && token.HTTPStatus/100 == 4:
		return causeRefused
	case errors.As(err, &network):
		return causeUnreachable
	}
	return causeOther
}

// advices are what to do about codes, where more is to be said than what they mean.
var advices = map[string]string{
	"ErrorImpersonateUserDenied": "give the account the role: New-ManagementRoleAssignment -Role ApplicationImpersonation -User ACCOUNT, and look at its scope; it takes effect after some minutes",
	"ErrorImpersonationDenied":   "give the account the role ApplicationImpersonation",
	"ErrorNonExistentMailbox":    "is the address the primary SMTP address of a mailbox, and not only of a contact or a group?",
	"ErrorAccessDenied":          "as a delegate the account needs Full Access to the mailbox, or rights to its folders",
	"ErrorFolderNotFound":        "do the folders of subscribe.folders exist, and does the account see them? A delegate needs Full Access to the mailbox, or rights to its folders",
	"InvalidUser":                "Autodiscover knows no such mailbox: is the address a primary SMTP address?",
	"HTTP 401":                   "user or password, or the token, is wrong; do not try often: accounts are locked",
	"HTTP 403":                   "the account is not let in: EWSEnabled, EwsApplicationAccessPolicy, or a rule of a gateway",
	"HTTP 404":                   "is the path of the URL right? /EWS/Exchange.asmx, /autodiscover/autodiscover.svc",
	"HTTP 407":                   "the proxy of the environment asks for a login",
	"HTTP 456":                   "the account is locked",

	ewssoap.ConditionNotSOAP:        "something else than Exchange answered, such as a login page or a proxy",
	ewssoap.ConditionRedirect:       "redirects are not followed: let the gateway pass this path through, or configure where it leads",
	ewssoap.ConditionAuthorizer:     "see exchange.account",
	ewssoap.ConditionTimeout:        "the server is slow, or something between holds the answer; see --timeout",
	ewssoap.ConditionConnectTimeout: "a firewall that drops, or a server that is down",
}

// advice says what a code asks for, or else what it means.
func advice(op ewsaffinity.Operation, e *ewssoap.Error) string {
	if known, has := advices[e.Code]; has {
		return known
	}
	code := ewsaffinity.Code(e.Code)
	if e.Code == statusCode(e) {
		code = ewsaffinity.HTTPStatus(e.HTTPStatus)
	}
	if row := ewsaffinity.Recover(op, code); row.Known {
		return row.Meaning
	}
	return ""
}

// withoutQuery reduces a URL to scheme, host and path: login pages put tokens in the query.
func withoutQuery(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return "an unreadable URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// maxText limits the words of others, in bytes.
const maxText = 300

func clip(text string) string {
	text = oneLine(text)
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}
