package app

import (
	"net/http"
	"sync/atomic"
)

// agent names the process in the User-Agent of its requests, so that Exchange's
// logs tell which one asked. The name is known when the process is registered.
type agent struct{ name atomic.Pointer[func() string] }

// names says what to call it.
func (a *agent) names(stage string, id func() string) {
	name := func() string { return "ewsnats/" + stage + "/" + id() }
	a.name.Store(&name)
}

// on puts the name on everything that a transport sends.
func (a *agent) on(transport *http.Transport) http.RoundTripper { return named{transport, a} }

type named struct {
	*http.Transport
	agent *agent
}

// RoundTrip sends a copy: a request belongs to its sender.
func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	if name := n.agent.name.Load(); name != nil {
		r = r.Clone(r.Context())
		r.Header.Set("User-Agent", (*name)())
	}
	return n.Transport.RoundTrip(r)
}
