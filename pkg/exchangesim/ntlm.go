package exchangesim

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// NTLM is how the simulator asks for NTLM. It logs connections in, over HTTP/1.1.
type NTLM struct {
	// Binding says what is made of channel bindings, as Extended Protection of IIS does.
	Binding httpauth.BindingPolicy
	// Certificate is the one that clients of a TLS listener see, which bindings must be of.
	Certificate *x509.Certificate
}

// newNTLM is the server side of NTLM for the accounts of a configuration; nil if it does not ask for NTLM.
func newNTLM(cfg Config) *httpauth.NTLMServer {
	if cfg.NTLM == nil {
		return nil
	}
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

type ntlmConnKey struct{}

// ConnContext gives a connection the state of its login. Who serves Handler by an http.Server of one's own and asks for NTLM
// sets it as that server's ConnContext.
func (s *Server) ConnContext(ctx context.Context, _ net.Conn) context.Context {
	if s.ntlm == nil {
		return ctx
	}
	return context.WithValue(ctx, ntlmConnKey{}, s.ntlm.NewConn())
}

// loginNTLM tells whom the connection of a request is logged in as, or what is asked for next.
func (s *Server) loginNTLM(r *http.Request) (account string, challenges []string) {
	conn, ok := r.Context().Value(ntlmConnKey{}).(*httpauth.NTLMConn)
	if !ok {
		return "", []string{"NTLM"}
	}
	verdict := conn.Judge(r.Header.Get("Authorization"))
	if verdict.User == nil {
		return "", verdict.Authenticate
	}
	return s.cfg.accountOf(verdict.User.User, verdict.User.Domain), nil
}
