package app

import (
	"context"
	"io"

	"github.com/ewsnats/ewsnats/internal/app/config"
)

// StageCommand is a process that runs one stage: configuration, log, and a group
// of the stage and the signals, SIGHUP among them.
func StageCommand(name string, needs config.Needs, stage Stage) Command {
	return func(ctx context.Context, args []string, _, stderr io.Writer) error {
		read := func() (*config.Config, error) { return config.Parse(name, args, stderr, needs) }
		cfg, err := read()
		if err != nil {
			return err
		}
		logs := NewLogs(cfg.Log, stderr)
		log := logs.Of(name)
		o := NewObservation(cfg, name)
		reload := NewReload(cfg, read, logs, log, o)
		defer reload.Stop()
		return RunServed(ctx, cfg, log, o, stage(cfg, log, o), Signals, reload.Run)
	}
}
