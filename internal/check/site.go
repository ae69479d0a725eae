package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// site is a host that is asked, and what was seen of it.
type site struct {
	url       string
	addresses []netip.Addr
	probe     probe
	healthy   bool // all of its steps went well
}

// siteSteps look at the way to a host, from its name to its first answer.
func (w *walk) siteSteps(prefix, after string, s *site) []step {
	of := func(look func(context.Context, *site) Finding) func(context.Context) Finding {
		return func(ctx context.Context) Finding {
			if s != w.start && w.start.healthy && samePlace(s.url, w.start.url) {
				return Finding{Status: OK, unspoken: true}
			}
			f := look(ctx, s)
			if s == w.start && w.soft {
				return f.softened("Autodiscover asks other places too")
			}
			return f
		}
	}
	return []step{
		{name: prefix + "DNS", after: after, run: of(w.resolve)},
		{name: prefix + "TCP", after: prefix + "DNS", run: of(w.connect)},
		{name: prefix + "TLS", after: prefix + "TCP", run: of(w.secure)},
		{name: prefix + "authentication", after: prefix + "TLS", run: of(w.offers)},
	}
}

// samePlace reports whether two URLs lead to one host and port by one scheme.
func samePlace(a, b string) bool {
	left, err := url.Parse(a)
	right, other := url.Parse(b)
	return err == nil && other == nil && left.Scheme == right.Scheme && strings.EqualFold(left.Host, right.Host)
}

// target is the host and port that a connection for a URL is made to: the URL's, or those of the proxy for it.
func target(address string, proxyOf func(*http.Request) (*url.URL, error)) (host, port string, proxy bool, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return "", "", false, fmt.Errorf("%q is no URL with a host", address)
	}
	if through, err := proxyOf(&http.Request{URL: u}); err == nil && through != nil {
		u, proxy = through, true
	}
	host, port = u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return host, port, proxy, nil
}

// resolve looks the host up.
func (w *walk) resolve(ctx context.Context, s *site) Finding {
	host, _, proxy, err := target(s.url, http.ProxyFromEnvironment)
	if err != nil {
		return failed(causeConfig, "%v", err)
	}
	what := host
	if proxy {
		what = "the proxy " + host + " of the environment"
	}
	if address, err := netip.ParseAddr(host); err == nil {
		s.addresses = []netip.Addr{address}
		return ok("%s is an address", what)
	}
	ctx, cancel := w.bounded(ctx)
	defer cancel()
	s.addresses, err = w.cfg.Resolver.LookupNetIP(ctx, "ip", host)
	return resolved(what, s.addresses, err)
}

func resolved(host string, addresses []netip.Addr, err error) Finding {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return failed(causeUnreachable, "%s has no address", host).advise("is the name right, and known to the name service of this machine?")
	case err != nil:
		return failed(causeUnreachable, "%s: the name service does not answer", host).with(err.Error())
	}
	list := make([]string, len(addresses))
	for i, a := range addresses {
		list[i] = a.Unmap().String()
	}
	return ok("%s has %s", host, strings.Join(list, ", "))
}

// connect opens a connection to each address: one that is dead among several is a failure that comes and goes.
func (w *walk) connect(ctx context.Context, s *site) Finding {
	_, port, _, err := target(s.url, http.ProxyFromEnvironment)
	if err != nil {
		return failed(causeConfig, "%v", err)
	}
	ctx, cancel := w.bounded(ctx)
	defer cancel()
	list := make([]string, len(s.addresses))
	errs := make([]error, len(s.addresses))
	var group sync.WaitGroup
	for i, a := range s.addresses {
		list[i] = net.JoinHostPort(a.Unmap().String(), port)
		group.Go(func() {
			conn, err := w.cfg.Dial(ctx, "tcp", list[i])
			if errs[i] = err; err == nil {
				_ = conn.Close()
			}
		})
	}
	group.Wait()
	return connected(list, errs)
}

func connected(addresses []string, errs []error) Finding {
	var good, bad []string
	unrouted := 0
	for i, err := range errs {
		switch {
		case err == nil:
			good = append(good, addresses[i])
			continue
		case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
			unrouted++ // this machine does not speak that family
		}
		bad = append(bad, addresses[i]+": "+reason(err))
	}
	switch {
	case len(good) == 0:
		return failed(causeUnreachable, "no connection").with(bad...).advise("is the port right, and open in every firewall between?")
	case len(bad) > unrouted:
		return warning("connected to %s, not to all addresses", strings.Join(good, ", ")).with(bad...)
	}
	return ok("connected to %s", strings.Join(good, ", ")).with(bad...)
}

// reason is the cause of a failed connection, without the addresses that net repeats.
func reason(err error) string {
	var timeout net.Error
	var number syscall.Errno
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.As(err, &number):
		return number.Error()
	}
	return err.Error()
}

// transport carries what is asked without credentials and whatever the certificate.
func (w *walk) transport() *http.Transport {
	return ewssoap.NewTransport(ewssoap.TransportConfig{TLS: w.access.TLS, DialContext: w.cfg.Dial})
}
