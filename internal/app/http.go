package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/health"
	"github.com/ewsnats/ewsnats/internal/metrics"
)

// endHTTPWithin is how long an answer that is being written may take at the end.
const endHTTPWithin = time.Second

// RunServed runs actors as [Run] does, and answers probes and shows metrics until
// the last of them has returned: while they end, the process is not ready because
// it drains.
func RunServed(ctx context.Context, cfg *config.Config, log *slog.Logger, o *Observation, actors ...Actor) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	var failure error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		failure = NewHTTP(cfg, log, o.Metrics, o.Health)(serving)
	}()
	defer func() { stop(); <-ended }()
	return Run(ctx, cfg.Drain, append(actors, func(ctx context.Context) error {
		select {
		case <-ended:
			return failure
		case <-ctx.Done():
			o.Health.Drain()
			return ctx.Err()
		}
	})...)
}

// NewHTTP is an actor that answers probes and shows metrics at http.listen, until
// ctx ends. Without http.listen it only waits for that.
func NewHTTP(cfg *config.Config, log *slog.Logger, m *metrics.Metrics, h *health.Health) Actor {
	return func(ctx context.Context) error {
		if cfg.HTTP.Listen == "" {
			<-ctx.Done()
			return ctx.Err()
		}
		listener, err := net.Listen("tcp", cfg.HTTP.Listen)
		if err != nil {
			return WithExitCode(ExitConfig, fmt.Errorf("http.listen %s: %w: name another address, or none", cfg.HTTP.Listen, err))
		}
		log.Info("probes and metrics are served", "address", listener.Addr().String())
		return serveHTTP(ctx, listener, httpHandler(m, h), log)
	}
}

func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), endHTTPWithin)
		defer cancel()
		if server.Shutdown(within) != nil {
			_ = server.Close() // who has not read by now will not
		}
	})
	err := server.Serve(listener)
	if stop() {
		return fmt.Errorf("serve probes and metrics: %w", err)
	}
	<-ended
	return ctx.Err()
}

func httpHandler(m *metrics.Metrics, h *health.Health) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeReport(w, h.Alive(time.Now())) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { writeReport(w, h.Ready()) })
	return mux
}

// writeReport answers 200 when all is well, else 503; the body says why.
func writeReport(w http.ResponseWriter, report health.Report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !report.OK {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	body := json.NewEncoder(w)
	body.SetIndent("", "  ")
	_ = body.Encode(report) // who hung up does not want to know
}
