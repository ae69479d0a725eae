package autodiscover

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// verdict is what the outcome of a request says of the endpoint.
type verdict int

const (
	works       verdict = iota // it answered
	service                    // an Autodiscover service that refuses this request, not this client
	busy                       // an Autodiscover service that wants to be asked later
	moved                      // a redirect of HTTP
	refused                    // a redirect that is not followed
	overloaded                 // the web server wants to be asked later
	unreachable                // no connection, or it failed, or nothing is behind the web server
	denied                     // not for these credentials: nothing more is asked of the host
	foreign                    // something else answered: plain XML may be there
	ends                       // no endpoint is to be asked: the login is refused, or there is none
)

// outranks orders failures by what they tell about a domain none of whose endpoints answered.
var outranks = map[verdict]int{refused: 5, overloaded: 4, unreachable: 3, denied: 2, foreign: 1}

// judge reads the outcome of a request.
func (c *Client) judge(ctx context.Context, err error) verdict {
	if err == nil {
		return works
	}
	var e *ewssoap.Error
	var redirected *RedirectError
	switch {
	case ctx.Err() != nil:
		return ends
	case errors.As(err, &redirected):
		return refused
	case !errors.As(err, &e):
		return ends
	}
	switch e.Code {
	case ewssoap.ConditionAuthorizer, ewssoap.ConditionRequest:
		return ends
	case ewssoap.ConditionRedirect:
		if redirect(err) == "" {
			return foreign
		}
		return moved
	case ewssoap.ConditionNotSOAP, "600", "601":
		return foreign
	case ewssoap.ConditionMalformed, "ServerBusy", "InternalServerError", "602", "603":
		return busy
	}
	switch {
	case e.HTTPStatus == 0, e.Code == ewssoap.ConditionTruncated, e.Code == ewssoap.ConditionTimeout, e.Code == ewssoap.ConditionReset:
		return unreachable
	case strings.HasPrefix(e.Code, "HTTP "):
		return c.judgeStatus(e.HTTPStatus)
	case e.HTTPStatus >= http.StatusInternalServerError: // a SOAP fault
		return busy
	}
	return service
}

// judgeStatus reads a status that came without SOAP.
func (c *Client) judgeStatus(status int) verdict {
	switch status {
	case http.StatusUnauthorized:
		if c.o.Bearer {
			return denied
		}
		return ends
	case http.StatusProxyAuthRequired, 456: // 456: the account is locked
		return ends
	case http.StatusForbidden, 440, 449: // 440, 449: forms logins
		return denied
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return overloaded
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return unreachable
	}
	return foreign
}
