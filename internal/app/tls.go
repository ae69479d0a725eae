package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
)

// exchangeTLS is the client side of TLS towards Exchange.
func exchangeTLS(c config.ExchangeTLS) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName, InsecureSkipVerify: c.Insecure}
	if c.MinVersion == "1.3" {
		t.MinVersion = tls.VersionTLS13
	}
	if c.CA != "" {
		roots, err := authorities("exchange.tls.ca", c.CA)
		if err != nil {
			return nil, err
		}
		t.RootCAs = roots
	}
	if c.Cert != "" {
		t.GetClientCertificate = keyPairOf(c.Cert, c.Key)
	}
	return t, nil
}

// keyPairOf reads the client's certificate for each handshake that asks for one, so
// that a renewed one is taken up.
func keyPairOf(cert, key string) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("exchange.tls.cert %s with exchange.tls.key %s: %w", cert, key, err)
		}
		return &pair, nil
	}
}

// insecurityInterval is how often it is said that certificates are not verified.
const insecurityInterval = time.Hour

// warnOfInsecurity says at once, and again and again until ctx ends, that certificates
// are not verified.
func warnOfInsecurity(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(insecurityInterval)
	defer ticker.Stop()
	for {
		log.Warn("certificates of Exchange are not verified", "hint", "set exchange.tls.ca instead of exchange.tls.insecure")
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
