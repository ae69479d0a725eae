package httpauth

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/httpauth/internal/ntlm"
)

// BindingPolicy says what a server makes of channel bindings, as Extended Protection of IIS does.
type BindingPolicy int

// The policies.
const (
	BindingIgnored  BindingPolicy = iota // "None"
	BindingAllowed                       // none or the right one
	BindingRequired                      // the right one
)

// NTLMServer is the server side of NTLMv2, for simulated servers and tests. It refuses NTLMv1, LM and anonymous logins.
// Logins hold for a connection, so each needs an [NTLMConn]; Handler with ConnContext does that for net/http.
type NTLMServer struct {
	// Password looks a password up. Domain is as the client sent it, perhaps empty. Required.
	Password func(user, domain string) (password string, known bool)
	// The names of the server in its challenges.
	NetBIOSDomain, NetBIOSComputer, DNSDomain, DNSComputer string
	// Binding is the policy on channel bindings, and Certificate what they must be of.
	Binding     BindingPolicy
	Certificate *x509.Certificate
	// Schemes are the offers of a 401 that carries no challenge, by default NTLM alone. NTLM and Negotiate are taken, the
	// latter with bare NTLM messages only; others are just offered.
	Schemes []string
}

// Identity is a user who logged in.
type Identity struct {
	User, Domain, Workstation string
	SPN                       string         // the service that the client meant
	Binding                   ChannelBinding // that of the certificate, if the client sent it
}

// NTLMConn is the state of the logins on one connection. It may be used by several goroutines at once.
type NTLMConn struct {
	server *NTLMServer

	mu        sync.Mutex
	negotiate []byte
	challenge []byte
	user      *Identity
}

// NewConn begins a connection.
func (s *NTLMServer) NewConn() *NTLMConn { return &NTLMConn{server: s} }

// NTLMVerdict is the answer to a request. Without a User it is a 401 with the WWW-Authenticate headers given; Err says why,
// and is nil where the login has just not come to its end.
type NTLMVerdict struct {
	User         *Identity
	Authenticate []string
	Err          error
}

// Judge takes the Authorization header of a request, empty if it has none.
func (c *NTLMConn) Judge(authorization string) NTLMVerdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	if authorization == "" && c.user != nil {
		return NTLMVerdict{User: c.user}
	}
	scheme, text, _ := strings.Cut(authorization, " ")
	if !c.server.takes(scheme) {
		return c.refuse(nil)
	}
	token, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return c.refuse(errors.New("the Authorization header holds no base64"))
	}
	c.user = nil
	negotiate, challenge := c.negotiate, c.challenge
	c.negotiate, c.challenge = nil, nil
	if _, err := ntlm.ParseNegotiate(token); err == nil || challenge == nil {
		return c.begin(scheme, token)
	}
	if c.user, err = c.server.verify(negotiate, challenge, token); err != nil {
		return c.refuse(err)
	}
	return NTLMVerdict{User: c.user}
}

func (s *NTLMServer) schemes() []string {
	if len(s.Schemes) == 0 {
		return []string{"NTLM"}
	}
	return s.Schemes
}

func (s *NTLMServer) takes(scheme string) bool {
	return (strings.EqualFold(scheme, "NTLM") || strings.EqualFold(scheme, "Negotiate")) &&
		slices.ContainsFunc(s.schemes(), func(offered string) bool { return strings.EqualFold(scheme, offered) })
}

func (c *NTLMConn) refuse(err error) NTLMVerdict {
	return NTLMVerdict{Authenticate: c.server.schemes(), Err: err}
}

// begin answers a client's first message with a challenge.
func (c *NTLMConn) begin(scheme string, negotiate []byte) NTLMVerdict {
	flags, err := ntlm.ParseNegotiate(negotiate)
	if err != nil {
		return c.refuse(err)
	}
	var nonce [8]byte
	_, _ = rand.Read(nonce[:]) // never fails
	s := c.server
	names := ntlm.Server{
		NetBIOSDomain: s.NetBIOSDomain, NetBIOSComputer: s.NetBIOSComputer, DNSDomain: s.DNSDomain, DNSComputer: s.DNSComputer,
	}
	c.negotiate, c.challenge = negotiate, names.NewChallenge(flags, nonce, time.Now())
	return NTLMVerdict{Authenticate: []string{authorization(scheme, c.challenge)}}
}

// verify judges a client's answer to a challenge.
func (s *NTLMServer) verify(negotiate, challenge, token []byte) (*Identity, error) {
	answer, err := ntlm.ParseAuthenticate(token)
	if err != nil {
		return nil, err
	}
	password, known := s.Password(answer.User, answer.Domain)
	if !known {
		return nil, ntlm.ErrPassword
	}
	if err := answer.Check(negotiate, challenge, password); err != nil {
		return nil, err
	}
	binding, err := s.checkBinding(answer.Binding())
	if err != nil {
		return nil, err
	}
	return &Identity{
		User: answer.User, Domain: answer.Domain, Workstation: answer.Workstation, SPN: answer.SPN, Binding: binding,
	}, nil
}

func (s *NTLMServer) checkBinding(sent [16]byte) (ChannelBinding, error) {
	var none [16]byte
	switch {
	case s.Binding == BindingIgnored:
		return nil, nil
	case sent == none && s.Binding == BindingRequired:
		return nil, ntlm.ErrNoBinding
	case sent == none:
		return nil, nil
	case s.Certificate == nil:
		return nil, ntlm.ErrBinding
	}
	binding, err := ServerEndPoint(s.Certificate)
	if err == nil && sent != binding.MD5() {
		err = ntlm.ErrBinding
	}
	return binding, err
}
