package exchange

import (
	"errors"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// fault puts an error of the client in the terms of the recovery table. Errors
// of a context stay what they are.
func (a *Adapter) fault(op ewsaffinity.Operation, mailbox messages.Address, err error) error {
	var e *ewssoap.Error
	if !errors.As(err, &e) {
		var own *ewsaffinity.Fault // of the login's guard
		if errors.As(err, &own) {
			own.Op, own.Mailbox = op, mailbox
		}
		return err
	}
	f := &ewsaffinity.Fault{Op: op, Code: a.code(e), Text: clip(e.Text, longestText), BackOff: min(e.BackOff, longestHint), Mailbox: mailbox,
		RequestID: requestID(e.Meta), Err: e}
	for _, id := range e.SubscriptionIDs {
		f.Died = append(f.Died, messages.SubscriptionID(id))
	}
	return f
}

func requestID(m ewssoap.Meta) string {
	if m.RequestID != "" {
		return clip(m.RequestID, longestCode)
	}
	return m.ClientRequestID
}

func (a *Adapter) code(e *ewssoap.Error) ewsaffinity.Code {
	switch {
	case e.Code == ewssoap.ConditionRequest:
		return "ErrorInvalidRequest"
	case e.Code == ewssoap.ConditionRedirect:
		return redirectCode(e.Location)
	case a.cfg.Account != nil && verdict(e) == loginRefused && (e.Code == ewssoap.ConditionAuthorizer || strings.HasPrefix(e.Code, "HTTP ")):
		return ewsaffinity.CodeRefusedLogin
	case strings.HasPrefix(e.Code, "HTTP "):
		return ewsaffinity.HTTPStatus(e.HTTPStatus)
	}
	return ewsaffinity.Code(clip(e.Code, longestCode))
}

// redirectCode tells an outage and a login page from an endpoint that moved.
func redirectCode(location string) ewsaffinity.Code {
	location = strings.ToLower(location)
	switch {
	case strings.Contains(location, "/ews/genericerrorpage.htm"):
		return ewsaffinity.CodeErrorPage
	case strings.Contains(location, "/internalsite/"), strings.Contains(location, "/owa/auth/"):
		return ewsaffinity.CodeLoginPage
	}
	return ewsaffinity.CodeRedirect
}
