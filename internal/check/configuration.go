package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ewsnats/ewsnats/internal/app/config"
)

// configuration says what is configured, and reads the secrets.
func (w *walk) configuration(context.Context) Finding {
	if w.cfg.Invalid != nil {
		return misconfigured(w.cfg.Invalid)
	}
	if err := w.open(); err != nil {
		return misconfigured(err)
	}
	return configured(w.cfg.Settings, w.mailbox, w.start.url)
}

// misconfigured lists what is wrong.
func misconfigured(err error) Finding {
	f := failed(causeConfig, "it cannot be used")
	var invalid *config.Error
	if !errors.As(err, &invalid) {
		return f.with(err.Error())
	}
	for _, p := range invalid.Problems {
		f = f.with(p.String())
	}
	return f
}

// configured tells who asks where.
func configured(cfg *config.Config, mailbox, start string) Finding {
	e := cfg.Exchange
	as := "impersonated"
	if !e.Impersonation {
		as = "opened as a delegate"
	}
	f := ok("%s, %s by %s", mailbox, as, account(e.Account))
	switch {
	case e.URL != "":
		f = f.with(fmt.Sprintf("exchange.url %s (%s)", e.URL, cfg.Origin("exchange.url")))
	case e.Autodiscover.URL != "":
		f = f.with(fmt.Sprintf("exchange.autodiscover.url %s (%s)", e.Autodiscover.URL, cfg.Origin("exchange.autodiscover.url")))
	default:
		f = f.with("Autodiscover of the mailbox's domain, beginning with the host of " + start)
	}
	if len(e.Autodiscover.Allow) > 0 {
		f = f.with("further hosts that may get the credentials: " + strings.Join(e.Autodiscover.Allow, ", "))
	}
	return f
}

// account names the account and how it logs in.
func account(a config.Account) string {
	switch {
	case a.OAuth.Set():
		return "the application " + a.OAuth.ClientID + " (OAuth)"
	case a.Bearer.Set():
		return "a bearer token from " + secretOf(a.Bearer)
	case a.Kerberos.CCache != "":
		return "the owner of " + a.Kerberos.CCache + " (negotiate)"
	}
	secret := "keytab " + a.Kerberos.Keytab
	if a.Kerberos.Keytab == "" {
		secret = "password from " + secretOf(a.Password)
	}
	return fmt.Sprintf("%s (%s, %s)", a.User, cmp.Or(a.Method, config.MethodBasic), secret)
}

// secretOf names where a secret is kept.
func secretOf(s config.Secret) string {
	if s.Env != "" {
		return "the environment variable " + s.Env
	}
	return s.File
}

// schemes are those that the account can log in by. A token's need not be offered: Exchange offers Bearer only to who asks
// for it.
func schemes(a config.Account) []string {
	switch {
	case a.OAuth.Set(), a.Bearer.Set():
		return nil
	case a.Method == config.MethodNTLM:
		return []string{"NTLM", "Negotiate"}
	case a.Method == config.MethodNegotiate:
		return []string{"Negotiate"}
	}
	return []string{"Basic"}
}
