package app

import (
	"context"
	"log/slog"
	"math/rand/v2"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/internal/wiretrace"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
	"github.com/ewsnats/ewsnats/pkg/httpauth/oauth"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// newExchange builds the client of Exchange and fits it to the stages. Refused logins
// are counted in logins; agent names the process to Exchange; o tells when tokens are
// to be forgotten.
func newExchange(cfg *config.Config, logins exchange.Logins, agent *agent, tracer *wiretrace.Tracer, log *slog.Logger, o *Observation) (*exchange.Adapter, *ewssoap.Client, error) {
	e := cfg.Exchange
	secured, err := exchangeTLS(e.TLS)
	if err != nil {
		return nil, nil, err
	}
	tokens, err := tokenSource(e)
	if err != nil {
		return nil, nil, err
	}
	transport := ewssoap.TransportConfig{TLS: secured}
	streams := ewssoap.TransportConfig{TLS: secured, WriteBuffer: ewssoap.StreamWriteBuffer}
	client := ewssoap.NewClient(ewssoap.Options{
		Calls:   agent.on(ewssoap.NewTransport(transport)),
		Streams: agent.on(ewssoap.NewTransport(streams)),
		Auth:    authorizer(e.Account, tokens),
		Version: e.Version,
		Trace:   func(x ewssoap.Exchange) { logRequest(log, x); tracer.Trace(x) },
		Traced: func(label string) bool {
			return tracer.Wants(label) || log.Enabled(context.Background(), slog.LevelDebug)
		},
	})
	settings := exchange.Config{
		URL: e.URL, AutodiscoverURL: e.Autodiscover.URL, Allow: e.Autodiscover.Allow,
		Plain: agent.on(ewssoap.NewTransport(transport)), Observe: stepLog(log),
		Impersonation: e.Impersonation, Concurrency: e.Concurrency,
		TimeoutMin: int(cfg.Streamer.ConnectionTimeout.Min.Minutes()), TimeoutMax: int(cfg.Streamer.ConnectionTimeout.Max.Minutes()),
		Silence: cfg.Streamer.Silence, Random: rand.Float64,
	}
	if e.Account.User != "" {
		settings.Basic = &exchange.Credentials{User: e.Account.User, Password: e.Account.Password.Read, Logins: logins}
	}
	if tokens != nil {
		settings.Refused = tokens.Refused
		o.onReload(func(*config.Config) { tokens.Drop() })
	}
	for _, folder := range cfg.Subscribe.Folders {
		if config.IsFolderID(folder) {
			settings.FolderIDs = append(settings.FolderIDs, folder)
		} else {
			settings.Folders = append(settings.Folders, messages.FolderName(folder))
		}
	}
	for _, event := range cfg.Subscribe.Events {
		settings.Events = append(settings.Events, ewssoap.EventType(event))
	}
	return exchange.New(settings, client), client, nil
}

func authorizer(a config.Account, tokens *oauth.Source) ewssoap.Authorizer {
	switch {
	case tokens != nil:
		return ewssoap.BearerAuth(tokens.Token)
	case a.Bearer.Set():
		return ewssoap.BearerAuth(func(context.Context) (string, error) { return a.Bearer.Read() })
	case a.User != "":
		return ewssoap.BasicAuth(a.User, a.Password.Read)
	}
	return nil
}

// stepLog writes a line for every step of Autodiscover at level debug.
func stepLog(log *slog.Logger) func(autodiscover.Step) {
	return func(s autodiscover.Step) {
		log.Debug("Autodiscover step", "domain", s.Domain, "step", s.String())
	}
}

// logRequest writes a line for every request and answer at level debug.
func logRequest(log *slog.Logger, e ewssoap.Exchange) {
	log.Debug("request", "op", e.Op, "url", e.URL, "http_status", e.Status,
		"client_request_id", e.ClientRequestID, "request_id", e.RequestID, "err", e.Err)
}

// traceConfig is what the trace is configured by.
func traceConfig(cfg *config.Config) wiretrace.Config {
	t := cfg.Trace
	return wiretrace.Config{Dir: t.Dir, Only: t.Only, MaxBytes: int64(t.MaxBytes), MaxFiles: t.MaxFiles}
}
