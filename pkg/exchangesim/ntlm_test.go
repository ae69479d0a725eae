package exchangesim_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// TestNTLM: over TLS, by the accounts of the configuration, with a channel binding or without.
func TestNTLM(t *testing.T) {
	self := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	defer self.Close()
	pair, roots := self.TLS.Certificates[0], self.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for _, tt := range []struct {
		name, user, password string
		policy               httpauth.BindingPolicy
		unbound              bool
		account              string // empty: refused
	}{
		{"bound", `SIM\svc`, "secret", httpauth.BindingRequired, false, `SIM\svc`},
		{"user of any domain", `OTHER\anna`, "hers", httpauth.BindingRequired, false, "anna"},
		{"not bound", `SIM\svc`, "secret", httpauth.BindingRequired, true, ""},
		{"need not be bound", `SIM\svc`, "secret", httpauth.BindingAllowed, true, `SIM\svc`},
		{"wrong password", `SIM\svc`, "hers", httpauth.BindingIgnored, false, ""},
		{"another domain", `OTHER\svc`, "secret", httpauth.BindingIgnored, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := exchangesim.New(exchangesim.Config{
				Accounts: map[string]string{`SIM\svc`: "secret", "anna": "hers"},
				NTLM:     &exchangesim.NTLM{Binding: tt.policy, Certificate: self.Certificate()},
			})
			s.AddMailbox(anna, ex01, site)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan error, 1)
			go func() { served <- s.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}})) }()
			transport, err := httpauth.New(httpauth.Config{
				Mechanism: httpauth.NTLM(func(context.Context) (httpauth.Credentials, error) {
					return httpauth.Credentials{User: tt.user, Password: tt.password}, nil
				}),
				Transport:        &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
				NoChannelBinding: tt.unbound,
			})
			if err != nil {
				t.Fatal(err)
			}
			c := &client{t: t, http: &http.Client{Transport: transport}, base: "https://" + l.Addr().String()}
			a := c.do(c.request(as(anna), subscribeAll))
			requests := s.Truth().Requests
			if have := requests[len(requests)-1].Account; have != tt.account || (a.status == http.StatusOK) != (tt.account != "") {
				t.Errorf("have %d as the account %q, want %q: %s", a.status, have, tt.account, a.body)
			}
			transport.CloseIdleConnections()
			_ = s.Close()
			<-served
		})
	}
}
