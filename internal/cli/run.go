package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/natsserver"
)

// runAll runs the three stages in one process. NATS is embedded unless its URL
// is configured.
func runAll(ctx context.Context, args []string, _, stderr io.Writer) error {
	read := func() (*config.Config, error) {
		return config.Parse("ewsnats run", args, stderr, config.NeedNATS|config.NeedExchange|config.NeedDiscovery)
	}
	cfg, err := read()
	if err != nil {
		return err
	}
	configured := *cfg
	logs := app.NewLogs(cfg.Log, stderr)
	log := logs.Of("run")
	if cfg.Origin("nats.url") == "default" {
		server, err := embedded(cfg, log)
		if err != nil {
			return err
		}
		defer shutdown(server, log)
		cfg.NATS.URL = server.ClientURL()
	}
	o := app.NewObservation(cfg, app.StageDiscoverer, app.StageSubscriber, app.StageStreamer)
	reload := app.NewReload(&configured, read, logs, log, o)
	defer reload.Stop()
	return app.RunServed(ctx, cfg, log, o,
		app.Discoverer(cfg, logs.Of(app.StageDiscoverer), o),
		app.Subscriber(cfg, logs.Of(app.StageSubscriber), o),
		app.Streamer(cfg, logs.Of(app.StageStreamer), o),
		app.Signals, reload.Run)
}

// runNATS runs the embedded server alone.
func runNATS(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cfg, err := config.Parse("ewsnats nats", args, stderr, 0)
	if err != nil {
		return err
	}
	log := app.NewLogger(cfg.Log, "nats", stderr)
	server, err := embedded(cfg, log)
	if err != nil {
		return err
	}
	defer shutdown(server, log)
	fmt.Fprintln(stdout, server.ClientURL())
	return app.Run(ctx, cfg.Drain, app.Signals)
}

// embedded starts the embedded server in its data folder.
func embedded(cfg *config.Config, log *slog.Logger) (*natsserver.Server, error) {
	e := cfg.NATS.Embedded
	host, portText, err := net.SplitHostPort(e.Listen)
	if err != nil {
		return nil, app.WithExitCode(app.ExitConfig, fmt.Errorf("nats.embedded.listen: %w", err))
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, app.WithExitCode(app.ExitConfig, fmt.Errorf("nats.embedded.listen: port %q is no number", portText))
	}
	settings := natsserver.Config{Dir: e.Dir, Host: host, Port: port, User: cfg.NATS.User, Logger: log}
	if cfg.NATS.User != "" {
		if settings.Password, err = cfg.NATS.Password.Read(); err != nil {
			return nil, err
		}
	}
	server, err := natsserver.Start(settings)
	if err != nil {
		return nil, app.WithExitCode(app.ExitUnavailable, err)
	}
	log.Info("embedded NATS server", "url", server.ClientURL(), "dir", e.Dir)
	return server, nil
}

func shutdown(server *natsserver.Server, log *slog.Logger) {
	if err := server.Shutdown(); err != nil {
		log.Error("embedded NATS server not shut down cleanly", "err", err)
	}
}
