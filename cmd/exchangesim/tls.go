package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// tlsOptions are the flags that begin with -tls.
type tlsOptions struct {
	on        bool
	names     string
	cert, key string
	caOut     string
}

func (t tlsOptions) check() error {
	switch {
	case (t.cert == "") != (t.key == ""):
		return errors.New("-tls-cert and -tls-key go together: give both, or neither for a generated certificate")
	case t.cert != "" && (t.names != "" || t.caOut != ""):
		return errors.New("-tls-names and -tls-ca-out are for a generated certificate: leave them out beside -tls-cert")
	case !t.on && (t.names != "" || t.caOut != ""):
		return errors.New("-tls-names and -tls-ca-out do nothing without -tls")
	}
	return nil
}

// open listens, with TLS if it is asked for. The certificate is nil without.
func (o options) open() (net.Listener, *x509.Certificate, error) {
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, nil, fmt.Errorf("-listen %s: %w", o.listen, err)
	}
	if o.tls.scheme() == "http" {
		return l, nil, nil
	}
	cert, err := o.tls.certificate()
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}}), leaf, nil
}

// certificate loads the given one, or makes one and writes the authority's.
func (t tlsOptions) certificate() (tls.Certificate, error) {
	if t.cert != "" {
		cert, err := tls.LoadX509KeyPair(t.cert, t.key)
		if err != nil {
			return tls.Certificate{}, fmt.Errorf("-tls-cert, -tls-key: %w", err)
		}
		return cert, nil
	}
	var names []string
	if t.names != "" {
		names = strings.Split(t.names, ",")
	}
	cert, authority, err := exchangesim.GenerateCertificate(names...)
	if err != nil {
		return tls.Certificate{}, err
	}
	if t.caOut != "" {
		if err := os.WriteFile(t.caOut, authority, 0o644); err != nil {
			return tls.Certificate{}, fmt.Errorf("-tls-ca-out: %w", err)
		}
	}
	return cert, nil
}

// scheme is that of the URLs.
func (t tlsOptions) scheme() string {
	if t.on || t.cert != "" {
		return "https"
	}
	return "http"
}
