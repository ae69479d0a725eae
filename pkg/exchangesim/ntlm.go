package exchangesim

import (
	"crypto/x509"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// NTLM is how the simulator asks for NTLM. It logs connections in, over HTTP/1.1.
type NTLM struct {
	// Binding says what is made of channel bindings, as Extended Protection of IIS does.
	Binding httpauth.BindingPolicy
	// Certificate is the one that clients of a TLS listener see, which bindings must be of.
	Certificate *x509.Certificate
}

// newNTLM is the server side of NTLM for the accounts of a configuration.
func newNTLM(cfg Config) *httpauth.NTLMServer {
	return &httpauth.NTLMServer{
		Password: func(user, domain string) (string, bool) {
			password, known := cfg.Accounts[cfg.accountOf(user, domain)]
			return password, known
		},
		NetBIOSDomain: "SIM", NetBIOSComputer: "EX01", DNSDomain: "sim.test", DNSComputer: "ex01.sim.test",
		Binding: cfg.NTLM.Binding, Certificate: cfg.NTLM.Certificate,
	}
}

// accountOf is the name among the Accounts: DOMAIN\user if there is one, else the user alone.
func (c Config) accountOf(user, domain string) string {
	if name := domain + `\` + user; domain != "" {
		if _, known := c.Accounts[name]; known {
			return name
		}
	}
	return user
}
