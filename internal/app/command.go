package app

import (
	"context"
	"io"

	"github.com/ewsnats/ewsnats/internal/app/config"
)

// StageCommand is a process that runs one stage: configuration, log, and a group
// of the stage and the signals.
func StageCommand(name string, needs config.Needs, stage Stage) Command {
	return func(ctx context.Context, args []string, _, stderr io.Writer) error {
		cfg, err := config.Parse(name, args, stderr, needs)
		if err != nil {
			return err
		}
		log := NewLogger(cfg.Log, name, stderr)
		o := NewObservation(cfg, name)
		return RunServed(ctx, cfg, log, o, stage(cfg, log, o), Signals)
	}
}
