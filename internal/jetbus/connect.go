package jetbus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
)

const (
	// A half-open link is seen after two unanswered pings.
	pingInterval = 3 * time.Second
	pingsOut     = 2

	firstConnectWait = time.Second
	lastConnectWait  = 30 * time.Second

	firstReconnectWait = 100 * time.Millisecond
	lastReconnectWait  = 2 * time.Second
)

// dial connects, and keeps trying until ctx ends or the login is refused.
func dial(ctx context.Context, cfg Config) (*nats.Conn, error) {
	options, err := connectOptions(cfg)
	if err != nil {
		return nil, err
	}
	for attempt := 0; ; attempt++ {
		nc, err := nats.Connect(cfg.URL, options...)
		if err == nil {
			return nc, nil
		}
		if loginRefused(err) {
			return nil, &outcome.CredentialsError{Server: redactURL(cfg.URL), Err: err}
		}
		wait := backOff(attempt, firstConnectWait, lastConnectWait)
		cfg.Logger.Warn("cannot connect to NATS, trying again",
			"server", redactURL(cfg.URL), "error", err, "wait", wait)
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

func connectOptions(cfg Config) ([]nats.Option, error) {
	log := cfg.Logger
	options := []nats.Option{
		nats.Name("ewsnats-" + cfg.Stage),
		// Nothing may wait in a buffer across a reconnect: the lane alone repeats, in order.
		nats.ReconnectBufSize(-1),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(pingsOut),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(func(attempt int) time.Duration {
			return backOff(attempt, firstReconnectWait, lastReconnectWait)
		}),
		// A refused login ends Connect, but not a bus that ran: the password may be rotating.
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("connection to NATS lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			log.Info("connected to NATS again", "server", nc.ConnectedUrlRedacted())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			log.Error("NATS reports an error", "error", err, "subject", subjectOf(sub))
		}),
	}
	login, err := loginOptions(cfg)
	return append(options, login...), err
}

func loginOptions(cfg Config) ([]nats.Option, error) {
	var options []nats.Option
	if cfg.InProcess != nil {
		options = append(options, nats.InProcessServer(cfg.InProcess))
	}
	if cfg.TLS != nil {
		options = append(options, nats.Secure(cfg.TLS))
	}
	if cfg.Credentials != "" {
		options = append(options, nats.UserCredentials(cfg.Credentials))
	}
	if cfg.NKey != "" {
		nkey, err := nats.NkeyOptionFromSeed(cfg.NKey)
		if err != nil {
			return nil, fmt.Errorf("read the nkey seed %s: %w", cfg.NKey, err)
		}
		options = append(options, nkey)
	}
	if cfg.User != "" {
		options = append(options, nats.UserInfoHandler(func() (string, string) {
			return cfg.User, passwordOf(cfg)
		}))
	}
	return options, nil
}

// passwordOf asks for the password; without one the server refuses the login, and
// the log says why there was none.
func passwordOf(cfg Config) string {
	if cfg.Password == nil {
		return ""
	}
	password, err := cfg.Password()
	if err != nil {
		cfg.Logger.Error("cannot read the password for NATS", "user", cfg.User, "error", err)
	}
	return password
}

func loginRefused(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, nats.ErrAuthRevoked)
}

func subjectOf(sub *nats.Subscription) string {
	if sub == nil {
		return ""
	}
	return sub.Subject
}

// backOff doubles from first up to last and takes half of it at random, so that
// the processes of a site do not come back together.
func backOff(attempt int, first, last time.Duration) time.Duration {
	wait := last
	if attempt < 16 {
		wait = min(first<<attempt, last)
	}
	return wait/2 + rand.N(wait/2+1)
}

// pause waits, and returns ctx's error when that ends first.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
