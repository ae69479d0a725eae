package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// walk is a check under way. One goroutine owns it; what transports tell meanwhile is told on that goroutine.
type walk struct {
	cfg     Config
	mailbox string
	access  *Access
	client  *ewssoap.Client

	start, ews *site // where the walk begins, and where EWS is
	soft       bool  // the start is only one of several places that Autodiscover asks

	exchanges []ewssoap.Exchange     // of the step under way
	logins    []httpauth.Observation // of connections, so far

	folder       reply // the first request to EWS
	subscription *subscription
	stream       reply
}

func newWalk(cfg Config) *walk {
	if cfg.Resolver == nil {
		cfg.Resolver = net.DefaultResolver
	}
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{}).DialContext
	}
	cfg.Linger = cmp.Or(cfg.Linger, time.Second)
	w := &walk{cfg: cfg, mailbox: string(cfg.Mailbox), start: &site{}, ews: &site{}}
	if cfg.Settings == nil {
		return w
	}
	e := cfg.Settings.Exchange
	switch {
	case e.URL != "":
		w.start.url = string(e.URL)
		w.ews = w.start
	case e.Autodiscover.URL != "":
		w.start.url = e.Autodiscover.URL
	default:
		_, domain, _ := strings.Cut(w.mailbox, "@")
		w.start.url, w.soft = "https://autodiscover."+domain+"/autodiscover/autodiscover.svc", true
	}
	return w
}

// fixed reports whether the EWS endpoint is configured.
func (w *walk) fixed() bool { return w.ews == w.start }

// steps are all that is done, in order.
func (w *walk) steps() []step {
	steps := []step{{name: "configuration", run: w.configuration}}
	steps = append(steps, w.siteSteps("", "configuration", w.start)...)
	before, login := "authentication", "authentication"
	if w.fixed() || w.soft {
		before = "configuration"
	}
	steps = append(steps, step{name: "Autodiscover", after: before, run: w.autodiscover})
	if !w.fixed() {
		steps = append(steps, w.siteSteps("EWS ", "Autodiscover", w.ews)...)
		login = "EWS authentication"
	}
	return append(steps,
		step{name: "login", after: login, run: w.login},
		step{name: "server", after: "login", run: w.server},
		step{name: "clock", after: "login", run: w.clock},
		step{name: "mailbox", after: "server", run: w.openMailbox},
		step{name: "Subscribe", after: "mailbox", run: w.subscribe},
		step{name: "stream", after: "Subscribe", run: w.openStream},
		step{name: "affinity", after: "Subscribe", run: w.affinity},
		step{name: "Unsubscribe", after: "Subscribe", run: w.unsubscribe, owed: true},
	)
}

// open makes the client. Its requests have the time-out of a step each.
func (w *walk) open() error {
	access, err := w.cfg.Open(func(o httpauth.Observation) { w.logins = append(w.logins, o) })
	if err != nil {
		return err
	}
	if access.TLS == nil {
		access.TLS = &tls.Config{}
	}
	w.access = access
	w.client = ewssoap.NewClient(ewssoap.Options{
		Calls: access.Calls, Streams: access.Streams, Auth: access.Auth, Version: w.cfg.Settings.Exchange.Version,
		FixedVersion: w.cfg.Settings.Exchange.FixedVersion,
		UserAgent:    "ewsnats/check", CallTimeout: w.cfg.Timeout,
		Trace: func(x ewssoap.Exchange) {
			if !x.Login { // that is told by w.logins
				w.exchanges = append(w.exchanges, x)
			}
		},
	})
	return nil
}

// close lets connections go that wait for another request.
func (w *walk) close() {
	if w.access == nil {
		return
	}
	for _, t := range []http.RoundTripper{w.access.Calls, w.access.Streams, w.access.Plain} {
		if idle, can := t.(interface{ CloseIdleConnections() }); can {
			idle.CloseIdleConnections()
		}
	}
}

// reply is what came of a request: its exchanges, of which the last counts, and its error.
type reply struct {
	exchanges []ewssoap.Exchange
	err       error
}

// ask makes a request and keeps what went over the wire.
func (w *walk) ask(request func() error) reply {
	w.exchanges = nil
	err := request()
	return reply{w.exchanges, err}
}

// last is the exchange that counts; the zero value if nothing was sent.
func (r reply) last() ewssoap.Exchange {
	if len(r.exchanges) == 0 {
		return ewssoap.Exchange{}
	}
	return r.exchanges[len(r.exchanges)-1]
}

// header is the head of the last answer.
func (r reply) header() http.Header { return r.last().ResponseHeader }

// meta is what the last answer says of itself, as far as a trail needs it.
func (r reply) meta() ewssoap.Meta {
	x := r.last()
	return ewssoap.Meta{
		RequestID: x.RequestID, ClientRequestID: x.ClientRequestID,
		FEServer: strings.Join(r.header().Values("X-FEServer"), ", "), BEServer: backEnd(r.header()),
	}
}

// trail is how the server's logs know a request.
func trail(m ewssoap.Meta) string {
	var parts []string
	id := "request-id"
	if m.RequestID == "" {
		id = "client-request-id"
	}
	for _, p := range []struct{ name, value string }{
		{"X-FEServer", m.FEServer}, {"X-BEServer", m.BEServer}, {id, cmp.Or(m.RequestID, m.ClientRequestID)},
	} {
		if p.value != "" {
			parts = append(parts, p.name+" "+p.value)
		}
	}
	return strings.Join(parts, ", ")
}

// asked are the versions of the schema that were tried, in order.
func (r reply) asked() []string {
	var versions []string
	for _, x := range r.exchanges {
		if v, has := attributes(x.RequestBody, "RequestServerVersion"); has {
			versions = append(versions, cmp.Or(v["Version"], "none"))
		}
	}
	return versions
}

// bounded limits what is no request of the client.
func (w *walk) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, w.cfg.Timeout)
}
