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
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// newExchange builds the client of Exchange and fits it to the stages. Refused logins
// are counted in logins; agent names the process to Exchange; o tells when tokens are
// to be forgotten.
func newExchange(cfg *config.Config, logins exchange.Logins, agent *agent, tracer *wiretrace.Tracer, log *slog.Logger, o *Observation) (*exchange.Adapter, *ewssoap.Client, error) {
	e := cfg.Exchange
	access, err := NewAccess(e, (&loginLog{log: log}).observe)
	if err != nil {
		return nil, nil, err
	}
	client := ewssoap.NewClient(ewssoap.Options{
		Calls: access.Calls, Streams: access.Streams, Auth: access.Auth, Agent: agent.name,
		Version: e.Version, FixedVersion: e.FixedVersion, ClientStatistics: e.Statistics,
		Trace: func(x ewssoap.Exchange) { logRequest(log, x); tracer.Trace(x) },
		Traced: func(label string) bool {
			return tracer.Wants(label) || log.Enabled(context.Background(), slog.LevelDebug)
		},
	})
	settings := exchange.Config{
		URL: e.URL, AutodiscoverURL: e.Autodiscover.URL, Allow: e.Autodiscover.Allow,
		Plain: client.Traced(agent.on(access.Plain), "redirect", ewssoap.AutodiscoverLabel), Observe: stepLog(log),
		Impersonation: e.Impersonation, Concurrency: e.Concurrency,
		TimeoutMin: int(cfg.Streamer.ConnectionTimeout.Min.Minutes()), TimeoutMax: int(cfg.Streamer.ConnectionTimeout.Max.Minutes()),
		Silence: cfg.Streamer.Silence, Random: rand.Float64,
	}
	if access.Secret != nil {
		settings.Account = &exchange.Credentials{User: e.Account.User, Password: access.Secret, Logins: logins}
	}
	if access.Tokens != nil {
		settings.Refused = access.Tokens.Refused
		o.onReload(func(*config.Config) { access.Tokens.Drop() })
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

// stepLog writes a line for every step of Autodiscover at level debug.
func stepLog(log *slog.Logger) func(autodiscover.Step) {
	return func(s autodiscover.Step) {
		log.Debug("Autodiscover step", "domain", s.Domain, "step", s.String())
	}
}

// logRequest writes a line for every request and answer at level debug.
func logRequest(log *slog.Logger, e ewssoap.Exchange) {
	log.Debug("request", "op", e.Op, "login", e.Login, "url", e.URL, "http_status", e.Status,
		"client_request_id", e.ClientRequestID, "request_id", e.RequestID, "err", e.Err)
}

// traceConfig is what the trace is configured by.
func traceConfig(cfg *config.Config) wiretrace.Config {
	t := cfg.Trace
	return wiretrace.Config{Dir: t.Dir, Only: t.Only, MaxBytes: int64(t.MaxBytes), MaxFiles: t.MaxFiles}
}
