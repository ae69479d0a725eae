package app

import (
	"net/http"
	"sync/atomic"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// agent names the process in the User-Agent of its requests, so that Exchange's
// logs tell which one asked. The name is known when the process is registered.
type agent struct{ of atomic.Pointer[func() string] }

// names says what to call it.
func (a *agent) names(stage string, id func() string) {
	name := func() string { return "ewsnats/" + stage + "/" + id() }
	a.of.Store(&name)
}

func (a *agent) name() string {
	if name := a.of.Load(); name != nil {
		return (*name)()
	}
	return ewssoap.DefaultUserAgent
}

// on puts the name on everything that a transport sends.
func (a *agent) on(transport http.RoundTripper) http.RoundTripper { return named{transport, a} }

type named struct {
	http.RoundTripper
	agent *agent
}

// RoundTrip sends a copy: a request belongs to its sender.
func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", n.agent.name())
	return n.RoundTripper.RoundTrip(r)
}
