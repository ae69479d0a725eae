package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// login is how clients connect and log in.
type login struct {
	method, binding string
	cert, key       string
	pair            *tls.Certificate // nil: no TLS
}

var bindings = map[string]httpauth.BindingPolicy{
	"ignored": httpauth.BindingIgnored, "allowed": httpauth.BindingAllowed, "required": httpauth.BindingRequired,
}

// apply reads the certificate, and has the simulator ask for NTLM.
func (l *login) apply(cfg *exchangesim.Config) error {
	policy, known := bindings[l.binding]
	switch {
	case !known:
		return fmt.Errorf("-binding %q: use ignored, allowed or required", l.binding)
	case l.method != "basic" && l.method != "ntlm":
		return fmt.Errorf("-auth %q: use basic or ntlm", l.method)
	case l.method == "ntlm" && len(cfg.Accounts) == 0:
		return errors.New("-auth ntlm needs -user")
	case (l.cert == "") != (l.key == ""):
		return errors.New("-tls-cert and -tls-key belong together")
	}
	if l.cert != "" {
		pair, err := tls.LoadX509KeyPair(l.cert, l.key)
		if err != nil {
			return fmt.Errorf("-tls-cert %s, -tls-key %s: %w", l.cert, l.key, err)
		}
		l.pair = &pair
	}
	if l.method == "ntlm" {
		cfg.NTLM = &exchangesim.NTLM{Binding: policy}
		if l.pair != nil {
			cfg.NTLM.Certificate = l.pair.Leaf
		}
	}
	return nil
}

func (l *login) scheme() string {
	if l.pair != nil {
		return "https://"
	}
	return "http://"
}

// secured puts TLS on a listener.
func (l *login) secured(plain net.Listener) net.Listener {
	if l.pair == nil {
		return plain
	}
	return tls.NewListener(plain, &tls.Config{Certificates: []tls.Certificate{*l.pair}, MinVersion: tls.VersionTLS12})
}
