package discovery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const (
	anna  = "anna@contoso.test"
	bert  = "bert@contoso.test"
	cora  = "cora@contoso.test"
	emil  = "emil@fabrikam.test"
	apex  = "https://contoso.test/autodiscover/autodiscover.svc"
	sub   = "https://autodiscover.contoso.test/autodiscover/autodiscover.svc"
	mail  = "https://mail.contoso.test/autodiscover/autodiscover.svc"
	other = "https://fabrikam.test/autodiscover/autodiscover.svc"
)

// pox is the plain-XML service beside a SOAP one.
func pox(url string) string { return strings.TrimSuffix(url, ".svc") + ".xml" }

// world is a simulated Exchange that every host of a few leads to, with TLS and without, and a client of it.
type world struct {
	t       *testing.T
	sim     *exchangesim.Server
	hosts   []string // that exist
	srv     string   // what the SRV record names; empty: none
	options autodiscover.Options
	access  ewssoap.Options

	secure, clear *exchangesim.PipeListener
	running       sync.WaitGroup
}

// inWorld runs a story in a bubble, where waits take no time.
func inWorld(t *testing.T, cfg exchangesim.Config, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg.ExternalURL = "https://ews.contoso.test"
		w := &world{t: t, sim: exchangesim.New(cfg), secure: exchangesim.NewPipeListener(), clear: exchangesim.NewPipeListener(),
			hosts: []string{"contoso.test", "autodiscover.contoso.test", "mail.contoso.test", "fabrikam.test"}}
		for _, address := range []string{anna, bert, cora, emil} {
			w.sim.AddMailbox(address, "ex01.contoso.test", "SITE-1")
		}
		certificate, authority, err := exchangesim.GenerateCertificate(w.hosts...)
		if err != nil {
			t.Fatal(err)
		}
		w.running.Go(func() {
			_ = w.sim.Serve(tls.NewListener(w.secure, &tls.Config{Certificates: []tls.Certificate{certificate}}))
		})
		w.running.Go(func() { _ = w.sim.Serve(w.clear) })
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(authority)
		secured := &tls.Config{RootCAs: roots}
		w.access = ewssoap.Options{Calls: ewssoap.NewTransport(ewssoap.TransportConfig{TLS: secured, DialContext: w.dial})}
		w.options = autodiscover.Options{Resolver: w, Random: func() float64 { return 0 },
			Plain: ewssoap.NewTransport(ewssoap.TransportConfig{TLS: secured, DialContext: w.dial})}
		story(w)
		synctest.Wait() // two that say goodbye at once over a pipe wait for each other, and the server does with its lock held
		_ = w.sim.Close()
		w.running.Wait()
		synctest.Wait()
	})
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, _ := net.SplitHostPort(address)
	if !slices.Contains(w.hosts, host) {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if port == "80" {
		return w.clear.DialContext(ctx, network, address)
	}
	return w.secure.DialContext(ctx, network, address)
}

func (w *world) LookupSRV(_ context.Context, _, _, name string) (string, []*net.SRV, error) {
	if w.srv == "" {
		return "", nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return name, []*net.SRV{{Target: w.srv + ".", Port: 443}}, nil
}

// client is the walk over the client of EWS.
func (w *world) client() *autodiscover.Client {
	service := ewssoap.NewClient(w.access)
	w.t.Cleanup(service.CloseIdleConnections)
	w.options.Service = service
	return autodiscover.New(w.options)
}

// ask asks about an address, and tells what came of it.
func (w *world) ask(address string) string {
	results, err := w.client().Discover(w.t.Context(), address)
	if err != nil {
		return reason(err)
	}
	return tell(results[0])
}

// password logs the account svc in.
func (w *world) password(secret string) {
	w.access.Auth = ewssoap.BasicAuth("svc", func() (string, error) { return secret, nil })
}

// at makes requests of an operation to a host fail.
func (w *world) at(host, operation string, a exchangesim.FaultAnswer) {
	w.sim.Fail(exchangesim.Fault{Host: host, Operation: operation, Times: -1, Answer: a})
}

// no answers 404 to an operation at a host.
func (w *world) no(host, operation string) {
	w.at(host, operation, exchangesim.FaultAnswer{Status: http.StatusNotFound})
}

// moved is a redirect of HTTP.
func moved(status int, to string) exchangesim.FaultAnswer {
	return exchangesim.FaultAnswer{Status: status, Header: map[string]string{"Location": to}}
}

// tell is a result in a line: where the answer came from, and the address's EWS URL and grouping, or why not.
func tell(r autodiscover.Result) string {
	switch {
	case r.Err != nil:
		return reason(r.Err)
	case !r.Answered:
		return "not answered"
	}
	line := fmt.Sprintf("%s %s", r.Endpoint, r.Settings["ExternalEwsUrl"])
	if g := r.Settings["GroupingInformation"]; g != "" {
		line += " " + g
	}
	if r.Address != r.User {
		line += " for " + r.Address
	}
	return line
}

// reason names an error: why a redirect is not followed, or the code of the service's answer.
func reason(err error) string {
	var redirected *autodiscover.RedirectError
	var answer *ewssoap.Error
	switch {
	case errors.As(err, &redirected):
		return string(redirected.Reason) + " " + redirected.Target
	case errors.As(err, &answer):
		return answer.Code
	}
	return err.Error()
}
