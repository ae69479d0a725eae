package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Config says what is checked, and by what means.
type Config struct {
	Settings *config.Config
	Invalid  error // why there are no Settings
	Mailbox  messages.Address
	Timeout  time.Duration // of each request
	// Open makes what requests are made with; observe is to be told of logins.
	Open func(observe func(httpauth.Observation)) (*Access, error)
	// Resolver looks names up; nil: net.DefaultResolver.
	Resolver Resolver
	// Dial makes connections; nil: a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Linger is how long a stream must live after its first envelope; 0: a second.
	Linger time.Duration
}

// Access is what requests to Exchange are made with.
type Access struct {
	Calls, Streams http.RoundTripper
	Plain          http.RoundTripper // carries no credentials
	TLS            *tls.Config
	Auth           ewssoap.Authorizer // nil: the transports log in
	Lockable       bool               // refused logins lock the account: they are no tokens or tickets
}

// Resolver is what a *net.Resolver can do and the check needs.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

// wholeTimeouts is how many times the time-out of a request the whole check may take.
const wholeTimeouts = 12

// errOver ends a check that takes too long.
var errOver = errors.New("the time for the whole check is over")

// step is one that is taken.
type step struct {
	name  string
	after string // the step that it depends on; empty: none
	run   func(context.Context) Finding
	owed  bool // taken also when the context has ended, since it cleans up
}

// Run takes all steps and tells of each as it ends. The error is that of the first failure, with an exit code; the context's
// where it ended.
func Run(ctx context.Context, cfg Config, tell func(Finding) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, wholeTimeouts*cfg.Timeout, errOver)
	defer cancel()
	w := newWalk(cfg)
	defer w.close()
	ended := map[string]Finding{}
	var failure, untold error
	for _, s := range w.steps() {
		f := s.take(ctx, ended)
		f.Step = s.name
		ended[s.name] = f
		if f.Status == Failed && failure == nil {
			failure = &Failure{f}
		}
		if !f.unspoken && untold == nil {
			untold = tell(f) // a reader that went away does not leave a subscription behind
		}
	}
	if cause := context.Cause(ctx); cause != nil && cause != errOver {
		return cause
	}
	return errors.Join(failure, untold)
}

// take runs the step unless one that it depends on stopped it.
func (s step) take(ctx context.Context, ended map[string]Finding) Finding {
	before, depends := ended[s.after]
	switch {
	case depends && before.stops():
		return found(NotTried, "it needs %q", s.after)
	case ctx.Err() != nil && !s.owed:
		return found(NotTried, "%s", interruption(ctx))
	}
	return s.run(ctx)
}

// interruption says why the context ended.
func interruption(ctx context.Context) string {
	if context.Cause(ctx) == errOver {
		return errOver.Error()
	}
	return "interrupted"
}

// Failure is a check that found a failure. Its exit code is of BSD's sysexits.h.
type Failure struct{ First Finding }

// Error names the step.
func (e *Failure) Error() string { return fmt.Sprintf("%s: %s", e.First.Step, oneLine(e.First.Text)) }

// ExitCode is 77 for a refused login, 78 for the configuration, 69 for what could not be reached, and else 1.
func (e *Failure) ExitCode() int {
	switch e.First.cause {
	case causeConfig:
		return 78
	case causeRefused:
		return 77
	case causeUnreachable:
		return 69
	}
	return 1
}
