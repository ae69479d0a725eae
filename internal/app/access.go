package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
	"github.com/ewsnats/ewsnats/pkg/httpauth/kerberos"
	"github.com/ewsnats/ewsnats/pkg/httpauth/oauth"
)

// Access is the way to Exchange that a configuration describes: what carries requests,
// and what logs them in.
type Access struct {
	// Calls and Streams carry what is to be logged in; with ntlm and negotiate they log
	// their connections in themselves. Plain carries requests without credentials.
	Calls, Streams, Plain http.RoundTripper
	// TLS is how all of them verify servers.
	TLS *tls.Config
	// Auth puts credentials on requests; nil where connections are logged in.
	Auth ewssoap.Authorizer
	// Secret is what the account may be locked for when it is wrong, password or keytab,
	// read anew; nil where there is none, but a token or a ticket.
	Secret func() (string, error)
	// Tokens gets the tokens of exchange.account.oauth; nil without.
	Tokens *oauth.Source
}

// NewAccess makes it. observe, if not nil, is told of each login of a connection; it may
// be called by several goroutines at once, and must not block.
func NewAccess(e config.Exchange, observe func(httpauth.Observation)) (*Access, error) {
	secured, err := exchangeTLS(e.TLS)
	if err != nil {
		return nil, err
	}
	tokens, err := tokenSource(e)
	if err != nil {
		return nil, err
	}
	login, err := mechanism(e.Account)
	if err != nil {
		return nil, err
	}
	a := &Access{TLS: secured, Auth: authorizer(e.Account, tokens), Secret: lockable(e.Account), Tokens: tokens}
	calls := ewssoap.TransportConfig{TLS: secured}
	streams := ewssoap.TransportConfig{TLS: secured, WriteBuffer: ewssoap.StreamWriteBuffer}
	a.Plain, a.Calls, a.Streams = ewssoap.NewTransport(calls), ewssoap.NewTransport(calls), ewssoap.NewTransport(streams)
	if login == nil {
		return a, nil
	}
	for _, carrier := range []*http.RoundTripper{&a.Calls, &a.Streams} {
		*carrier, err = httpauth.New(httpauth.Config{
			Mechanism: login, Transport: (*carrier).(*http.Transport), NoChannelBinding: !e.Account.ChannelBinding,
			SPN: e.Account.Kerberos.SPN, Observe: observe, Trace: traceLogin,
		})
		if err != nil {
			return nil, WithExitCode(ExitConfig, fmt.Errorf("exchange.account: %w", err))
		}
	}
	return a, nil
}

// traceLogin has the steps of a login stand before the request in the trace of its client.
func traceLogin(l httpauth.Leg) { ewssoap.TraceLogin(l.Answer, l.Body, l.Started, l.Received) }

// mechanism logs connections in; nil: requests carry the credentials.
func mechanism(a config.Account) (httpauth.Mechanism, error) {
	switch a.Method {
	case config.MethodNTLM:
		return httpauth.NTLM(func(context.Context) (httpauth.Credentials, error) {
			password, err := a.Password.Read()
			return httpauth.Credentials{User: a.User, Password: password}, err
		}), nil
	case config.MethodNegotiate:
		user, realm := principal(a)
		k := kerberos.Config{Krb5Conf: a.Kerberos.Config, User: user, Realm: realm, Keytab: a.Kerberos.Keytab, CCache: a.Kerberos.CCache}
		if a.Password.Set() {
			k.Password = func(context.Context) (string, error) { return a.Password.Read() }
		}
		m, err := kerberos.New(k)
		if err != nil {
			return nil, WithExitCode(ExitConfig, fmt.Errorf("exchange.account.kerberos: %w", err))
		}
		return m, nil
	}
	return nil, nil
}

// principal takes a user apart. DOMAIN\ is no realm, but another name of one.
func principal(a config.Account) (user, realm string) {
	user = a.User[strings.Index(a.User, `\`)+1:]
	if user, realm, found := strings.Cut(user, "@"); found {
		return user, realm
	}
	return user, a.Kerberos.Realm
}

func authorizer(a config.Account, tokens *oauth.Source) ewssoap.Authorizer {
	switch {
	case tokens != nil:
		return ewssoap.BearerAuth(tokens.Token)
	case a.Bearer.Set():
		return ewssoap.BearerAuth(func(context.Context) (string, error) { return a.Bearer.Read() })
	case a.User != "" && (a.Method == "" || a.Method == config.MethodBasic):
		return ewssoap.BasicAuth(a.User, a.Password.Read)
	}
	return nil
}

// lockable is the secret of an account that refused logins lock.
func lockable(a config.Account) func() (string, error) {
	switch {
	case a.Kerberos.Keytab != "":
		return func() (string, error) {
			keys, err := os.ReadFile(a.Kerberos.Keytab)
			return string(keys), err
		}
	case a.User != "":
		return a.Password.Read
	}
	return nil
}
