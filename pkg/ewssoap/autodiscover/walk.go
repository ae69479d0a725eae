package autodiscover

import (
	"context"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// walk looks for the service of a domain by asking about users of it.
type walk struct {
	c     *Client
	key   key
	users []string
	hops  int // redirects that led to these users

	visited map[string]bool // endpoints, by protocol and URL
	through map[string]bool // hosts of which nothing more is asked
	spare   []endpoint      // where plain XML may be
	tried   []Step
	worst   verdict
	failure error // the one that tells most
}

// found is an endpoint that answered. An error beside it is the service's.
type found struct {
	endpoint endpoint
	users    []ewssoap.UserSettings
	hops     int // redirects up to here
	verdict  verdict
}

func (c *Client) newWalk(k key, users []string, hops int) *walk {
	return &walk{c: c, key: k, users: users, hops: hops, visited: map[string]bool{}, through: map[string]bool{}}
}

// run tries one endpoint after the other until a service answers, or none may be asked any more.
func (w *walk) run(ctx context.Context) (found, error) {
	for _, list := range []func(context.Context) []endpoint{
		func(context.Context) []endpoint { return w.first() }, w.plain, w.srv, w.plainXML,
	} {
		for _, e := range list(ctx) {
			if f, done, err := w.try(ctx, e, w.hops); done {
				return f, err
			}
		}
		if w.c.configuredFor(w.key) {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return found{verdict: ends}, err
	}
	return found{verdict: w.worst}, &WalkError{Domain: w.key.domain, Tried: w.tried, Err: w.failure}
}

// plainXML are the endpoints of plain XML beside those that answered something else than SOAP.
func (w *walk) plainXML(context.Context) []endpoint {
	for i, e := range w.spare {
		w.spare[i] = e.speaking(POX)
	}
	return w.spare
}

// try asks an endpoint and those it redirects to. It is done when a service answered, or when no other is to be asked.
func (w *walk) try(ctx context.Context, e endpoint, hops int) (f found, done bool, err error) {
	for {
		if w.passed(e) {
			return found{}, false, nil
		}
		users, err := w.ask(ctx, e)
		v := w.c.judge(ctx, err)
		if v == works && selfRedirected(w.users, users) {
			v, err = foreign, &RedirectError{Reason: ReasonLoop, Address: true, Target: w.users[0]}
		}
		switch v {
		case works, service, busy:
			return found{e, users, hops, v}, true, err
		case ends:
			return found{verdict: ends}, true, err
		case moved:
			next, refusal := w.follow(e, redirect(err), hops)
			if refusal != nil {
				refusal.Err = err
				w.refuse(next, refusal)
				return found{}, false, nil
			}
			e, hops = next, hops+1
			continue
		}
		w.fail(e, v, err)
		return found{}, false, nil
	}
}

// passed reports whether an endpoint needs no request: it was asked, its host is through, or it may not be asked.
func (w *walk) passed(e endpoint) bool {
	host := hostOf(e.url)
	if w.visited[e.id()] || w.through[host] {
		return true
	}
	if e.source != SourceConfigured && !w.c.allowed(host, w.key.trust) {
		w.refuse(e, &RedirectError{Reason: ReasonHost, Address: w.key.domain != w.key.trust, Target: e.url, Host: host})
		return true
	}
	w.visited[e.id()] = true
	return false
}

// id tells endpoints apart; the paths of IIS know no case.
func (e endpoint) id() string { return string(e.protocol) + " " + strings.ToLower(e.url) }

// ask sends the request, and takes note of the step.
func (w *walk) ask(ctx context.Context, e endpoint) ([]ewssoap.UserSettings, error) {
	s := Step{Domain: w.key.domain, Source: e.source, Protocol: e.protocol, URL: e.url, Began: w.c.o.Now()}
	users, err := w.c.request(ctx, e, w.users)
	s.Err = err
	w.tried = append(w.tried, w.c.observed(s))
	return users, err
}

// follow is where an endpoint redirects to, in the protocol it was asked in.
func (w *walk) follow(e endpoint, location string, hops int) (endpoint, *RedirectError) {
	next, refusal := w.c.target(e.url, location, w.key.trust)
	if refusal != nil {
		return endpoint{url: location, protocol: e.protocol, source: SourceRedirect}, refusal
	}
	next = next.speaking(e.protocol)
	switch {
	case hops+1 > maxHops:
		return next, &RedirectError{Reason: ReasonHops, Target: next.url, Host: hostOf(next.url)}
	case w.visited[next.id()]:
		return next, &RedirectError{Reason: ReasonLoop, Target: next.url, Host: hostOf(next.url)}
	}
	return next, nil
}

// refuse takes note of an endpoint that is not asked.
func (w *walk) refuse(e endpoint, err *RedirectError) {
	w.tried = append(w.tried, w.c.observed(Step{
		Domain: w.key.domain, Source: e.source, Protocol: e.protocol, URL: e.url, Err: err, Began: w.c.o.Now(),
	}))
	if err.Reason == ReasonHost {
		w.keep(refused, err)
		return
	}
	w.keep(foreign, err)
}

// fail takes note of an endpoint that did not answer as a service.
func (w *walk) fail(e endpoint, v verdict, err error) {
	if v != foreign {
		w.through[hostOf(e.url)] = true
	} else {
		w.spare = append(w.spare, e)
	}
	w.keep(v, err)
}

// keep remembers the failure that tells most; of equals the first. That a host does not exist tells least.
func (w *walk) keep(v verdict, err error) {
	if outcome(err) == ewssoap.ConditionDNSNotFound {
		v = unreachable
		if w.failure == nil {
			w.worst, w.failure = v, err
		}
		return
	}
	if w.failure == nil || outcome(w.failure) == ewssoap.ConditionDNSNotFound || outranks[v] > outranks[w.worst] {
		w.worst, w.failure = v, err
	}
}

// selfRedirected reports an answer that redirects every user to itself: the endpoint is invalid
// (office-developer-exchange-docs, "Handling Autodiscover error messages").
func selfRedirected(asked []string, users []ewssoap.UserSettings) bool {
	answered := 0
	for i, u := range users {
		if !u.Answered {
			continue
		}
		answered++
		if u.Err == nil || u.Err.Code != redirectAddress || !strings.EqualFold(u.RedirectTarget, asked[i]) {
			return false
		}
	}
	return answered > 0
}
