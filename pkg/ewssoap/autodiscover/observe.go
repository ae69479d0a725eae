package autodiscover

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// Step is one thing that was tried: a request, a look-up, or an endpoint that was refused before a request was made.
type Step struct {
	Domain   string // whose service is sought
	Source   Source
	Protocol Protocol
	URL      string // for DNS the name that was looked up
	Outcome  string // "ok", where it led to, or what went wrong: a code of ewssoap.Error, or a Reason
	Err      error
	Began    time.Time
	Took     time.Duration
}

// String is a line for people: "SOAP https://contoso.com/autodiscover/autodiscover.svc (domain): HTTP 404, 12ms".
func (s Step) String() string {
	return fmt.Sprintf("%s %s (%s): %s, %s", s.Protocol, withoutSecrets(s.URL), s.Source, s.Outcome, s.Took.Round(time.Millisecond))
}

// A WalkError says that no service of a domain answered. It wraps the failure that tells most.
type WalkError struct {
	Domain string
	Tried  []Step
	Err    error
}

// Error lists what was tried.
func (e *WalkError) Error() string {
	tried := make([]string, len(e.Tried))
	for i, s := range e.Tried {
		tried[i] = fmt.Sprintf("%s %s: %s", s.Protocol, withoutSecrets(s.URL), s.Outcome)
	}
	return "autodiscover: no service for " + e.Domain + " answers: " + strings.Join(tried, "; ")
}

// Unwrap returns the failure that tells most.
func (e *WalkError) Unwrap() error { return e.Err }

// outcome names how a step ended.
func outcome(err error) string {
	var e *ewssoap.Error
	var r *RedirectError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &r):
		return string(r.Reason)
	case errors.As(err, &e) && e.Code == ewssoap.ConditionRedirect:
		return "redirect to " + withoutSecrets(e.Location)
	case errors.As(err, &e):
		return e.Code
	}
	return err.Error()
}

// observed tells of a step that ended.
func (c *Client) observed(s Step) Step {
	s.Took = c.o.Now().Sub(s.Began)
	if s.Outcome == "" {
		s.Outcome = outcome(s.Err)
	}
	if c.o.Observe != nil {
		c.o.Observe(s)
	}
	return s
}
