package config

import (
	"fmt"
	"strings"
)

func (r *reading) validateAccount(needs Needs) {
	a := r.cfg.Exchange.Account
	needed := needs&NeedExchange != 0
	r.secret("exchange.account.password", a.Password, needed)
	r.secret("exchange.account.bearer", a.Bearer, needed)
	r.validateOAuth(needed)
	r.validateMethod(needed)
	switch {
	case a.Bearer.Set() && (a.User != "" || a.Password.Set()):
		r.wrong("exchange.account.bearer", "set together with a user or a password", "keep user and password, or the bearer token")
	case a.OAuth.Set() && (a.Bearer.Set() || a.User != "" || a.Password.Set()):
		r.wrong("exchange.account.oauth", "set together with another account", "keep oauth, or the user, or the bearer token")
	case a.Method != "" && (a.OAuth.Set() || a.Bearer.Set()):
		r.wrong("exchange.account.method", "set together with oauth or a bearer token", "take it out: it is how a user logs in")
	case a.Method == MethodNegotiate:
		r.validateTicket()
	case a.User == "" && a.Password.Set():
		r.wrong("exchange.account.user", "not set, though exchange.account.password is", "write whose password it is")
	case a.User != "" && !a.Password.Set():
		r.wrong("exchange.account.password", "not set, though exchange.account.user is", "write {file: PATH} or {env: NAME}")
	case a.User == "" && !a.Bearer.Set() && !a.OAuth.Set() && (needed || a.Method != ""):
		r.wrong("exchange.account", "no account is given", "write user and password, bearer, or oauth")
	}
}

func (r *reading) validateMethod(needed bool) {
	a := r.cfg.Exchange.Account
	if a.Method != "" {
		r.oneOf("exchange.account.method", a.Method, []string{MethodBasic, MethodNTLM, MethodNegotiate})
	}
	if a.Kerberos != (Kerberos{}) && a.Method != MethodNegotiate {
		r.wrong("exchange.account.kerberos", "set, though exchange.account.method is not negotiate", "write method: negotiate, or take it out")
	}
	if needed {
		r.readable("exchange.account.kerberos.config", a.Kerberos.Config)
		r.readable("exchange.account.kerberos.keytab", a.Kerberos.Keytab)
		r.readable("exchange.account.kerberos.ccache", a.Kerberos.CCache)
	}
}

// validateTicket: a ticket is got by one of three, and a credential cache says itself
// whose it is.
func (r *reading) validateTicket() {
	a := r.cfg.Exchange.Account
	sources := 0
	for _, given := range []bool{a.Password.Set(), a.Kerberos.Keytab != "", a.Kerberos.CCache != ""} {
		if given {
			sources++
		}
	}
	_, realm, _ := strings.Cut(a.User, "@")
	switch {
	case sources != 1:
		r.wrong("exchange.account.kerberos", fmt.Sprintf("a ticket is got by one of password, keytab and ccache, and %d of them are set", sources),
			"write exchange.account.password, kerberos.keytab or kerberos.ccache")
	case a.Kerberos.CCache != "" && (a.User != "" || a.Kerberos.Realm != ""):
		r.wrong("exchange.account.kerberos.ccache", "set together with a user or a realm", "take them out: the cache says whose it is")
	case a.Kerberos.CCache == "" && a.User == "":
		r.wrong("exchange.account.user", "not set, though exchange.account.method is negotiate", "write the name of the principal, such as svc@EXAMPLE.COM")
	case realm != "" && a.Kerberos.Realm != "":
		r.wrong("exchange.account.kerberos.realm", fmt.Sprintf("set, though exchange.account.user names the realm %s", realm), "keep one of them")
	}
}

func (r *reading) validateOAuth(needed bool) {
	const section = "exchange.account.oauth"
	o := r.cfg.Exchange.Account.OAuth
	r.secret(section+".secret", o.Secret, needed)
	r.keyPair(section+".certificate", o.Certificate.Cert, o.Certificate.Key, needed)
	r.endpoint(section+".tokenURL", o.TokenURL, "https://adfs.example.com/adfs/oauth2/token")
	if !o.Set() {
		return
	}
	if (o.Tenant == "") == (o.TokenURL == "") {
		r.wrong(section+".tenant", "it takes either a tenant or a tokenURL", "write the tenant of Microsoft Entra, or the endpoint of another server")
	}
	if o.ClientID == "" {
		r.wrong(section+".clientID", "not set", "write the id of the application")
	}
	if o.Secret.Set() == (o.Certificate != Certificate{}) {
		r.wrong(section+".secret", "it takes either a secret or a certificate", "write secret: {file: PATH}, or certificate: {cert: PATH, key: PATH}")
	}
	if strings.TrimSpace(o.Scope) == "" {
		r.wrong(section+".scope", "empty", "take the line out")
	}
}
