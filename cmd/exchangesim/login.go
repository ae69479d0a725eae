package main

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// login is how accounts log in.
type login struct{ method, binding string }

var bindings = map[string]httpauth.BindingPolicy{
	"ignored": httpauth.BindingIgnored, "allowed": httpauth.BindingAllowed, "required": httpauth.BindingRequired,
}

func (l login) check() error {
	_, known := bindings[l.binding]
	switch {
	case !known:
		return fmt.Errorf("-binding %q: use ignored, allowed or required", l.binding)
	case l.method != "basic" && l.method != "ntlm":
		return fmt.Errorf("-auth %q: use basic or ntlm", l.method)
	}
	return nil
}

// apply has the simulator ask for NTLM. certificate is what it shows; nil without TLS.
func (l login) apply(cfg *exchangesim.Config, certificate *x509.Certificate) error {
	if l.method != "ntlm" {
		return nil
	}
	if len(cfg.Accounts) == 0 {
		return errors.New("-auth ntlm needs an account: give -user, or accounts in the file of -config")
	}
	cfg.NTLM = &exchangesim.NTLM{Binding: bindings[l.binding], Certificate: certificate}
	return nil
}
