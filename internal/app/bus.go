package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/jetbus"
)

// OpenBus connects to NATS and makes the streams. It keeps trying until ctx ends
// or the login is refused.
func OpenBus(ctx context.Context, cfg *config.Config, stage string, log *slog.Logger) (*jetbus.Bus, error) {
	settings, err := busConfig(cfg, stage, log)
	if err != nil {
		return nil, err
	}
	bus, err := jetbus.Connect(ctx, settings)
	if err != nil {
		return nil, err
	}
	if err := bus.EnsureStreams(ctx); err != nil {
		bus.Close()
		return nil, err
	}
	return bus, nil
}

func busConfig(cfg *config.Config, stage string, log *slog.Logger) (jetbus.Config, error) {
	n := cfg.NATS
	secured, err := natsTLS(n.TLS)
	if err != nil {
		return jetbus.Config{}, err
	}
	settings := jetbus.Config{
		URL: n.URL, Credentials: n.Credentials, NKey: n.NKey, User: n.User, TLS: secured,
		Prefix: n.Prefix, Stage: stage, Replicas: n.Replicas,
		EventMaxBytes: int64(n.Events.MaxBytes), EventMaxAge: n.Events.MaxAge, Logger: log,
	}
	if cfg.Origin("nats.events.maxBytes") == "default" {
		settings.EventMaxBytes = 0 // as much as the server has, at most the default
	}
	if n.Password.Set() {
		settings.Password = n.Password.Read
	}
	return settings, nil
}

// natsTLS is nil when nothing is configured: then the URL's scheme decides.
func natsTLS(c config.NATSTLS) (*tls.Config, error) {
	if c == (config.NATSTLS{}) {
		return nil, nil
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	if c.CA != "" {
		roots, err := authorities("nats.tls.ca", c.CA)
		if err != nil {
			return nil, err
		}
		t.RootCAs = roots
	}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, WithExitCode(ExitConfig, fmt.Errorf("nats.tls.cert %s with nats.tls.key %s: %w", c.Cert, c.Key, err))
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

// authorities reads a PEM file of certificates.
func authorities(key, path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, WithExitCode(ExitConfig, fmt.Errorf("%s: %w", key, err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, WithExitCode(ExitConfig, errors.New(key+": "+path+" holds no certificate in PEM form"))
	}
	return pool, nil
}
