package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/httpauth/oauth"
)

// tokenSource gets the tokens of exchange.account.oauth; nil if it is not set.
func tokenSource(e config.Exchange) (*oauth.Source, error) {
	o := e.Account.OAuth
	if !o.Set() {
		return nil, nil
	}
	transport, err := tokenTransport(e.TLS.CA)
	if err != nil {
		return nil, err
	}
	settings := oauth.Config{TokenURL: o.TokenURL, ClientID: o.ClientID, Scope: o.Scope, Client: &http.Client{Transport: transport}}
	if o.Tenant != "" {
		settings.TokenURL = oauth.EntraURL(o.Tenant)
	}
	if o.Secret.Set() {
		settings.Secret = o.Secret.Read
	} else {
		settings.Certificate = func() (tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(o.Certificate.Cert, o.Certificate.Key)
			if err != nil {
				return tls.Certificate{}, fmt.Errorf("exchange.account.oauth.certificate: %w", err)
			}
			return pair, nil
		}
	}
	source, err := oauth.New(settings)
	if err != nil {
		return nil, WithExitCode(ExitConfig, fmt.Errorf("exchange.account.oauth: %w", err))
	}
	return source, nil
}

// tokenTransport trusts the authorities of exchange.tls.ca besides the system's: a
// server of one's own has its certificate from one's own authority. It keeps no
// connection until the next token is due.
func tokenTransport(ca string) (*http.Transport, error) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	if ca == "" {
		return t, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, WithExitCode(ExitConfig, fmt.Errorf("exchange.tls.ca: %w", err))
	}
	roots.AppendCertsFromPEM(pem) // exchangeTLS has refused a file that holds none
	t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return t, nil
}
