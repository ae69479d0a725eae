package httpauth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/pkg/httpauth/internal/ntlm"
)

// Credentials are of one account. User may also be written DOMAIN\user, or user@domain with an empty Domain.
type Credentials struct {
	User, Domain, Password string
	// Workstation is the name of this machine for the server's log and for accounts bound to workstations. Usually empty.
	Workstation string
}

// NTLM logs in by NTLMv2 ([MS-NLMP]), under the scheme NTLM or, where only that is offered, as bare messages under
// Negotiate. The credentials are asked for each login, so that a rotated secret is used from then on.
func NTLM(credentials func(context.Context) (Credentials, error)) Mechanism {
	return ntlmMechanism{credentials}
}

type ntlmMechanism struct {
	credentials func(context.Context) (Credentials, error)
}

func (ntlmMechanism) Schemes() []string { return []string{"NTLM", "Negotiate"} }

func (m ntlmMechanism) Start(ctx context.Context, t Target) (Handshake, error) {
	c, err := m.credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials for NTLM: %w", err)
	}
	if domain, user, found := strings.Cut(c.User, `\`); found && c.Domain == "" {
		c.Domain, c.User = domain, user
	}
	if c.User == "" {
		return nil, errors.New("credentials for NTLM: the user is empty")
	}
	return &ntlmLogin{credentials: c, spn: t.SPN}, nil
}

type ntlmLogin struct {
	credentials Credentials
	spn         string
	negotiate   []byte
}

func (l *ntlmLogin) Next(c Challenge) (token []byte, last bool, err error) {
	if l.negotiate == nil {
		l.negotiate = ntlm.NewNegotiate()
		return l.negotiate, false, nil
	}
	login := ntlm.Login{
		User: l.credentials.User, Domain: l.credentials.Domain, Password: l.credentials.Password,
		Workstation: l.credentials.Workstation, SPN: l.spn, Binding: c.Binding.MD5(), Now: time.Now(),
	}
	_, _ = rand.Read(login.Nonce[:]) // never fails
	token, err = login.NewAuthenticate(l.negotiate, c.Token)
	if err != nil {
		return nil, false, fmt.Errorf("challenge: %w", err)
	}
	return token, true, nil
}

func (*ntlmLogin) Finish([]byte, bool) error { return nil }
