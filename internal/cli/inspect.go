package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
)

// showMembers shows the processes of each stage, and how much each owns.
func showMembers(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return inspect(ctx, "members", args, stderr, func(c *cluster, asJSON bool) error {
		if asJSON {
			return jsonLines(stdout, c.processes())
		}
		return writeMembers(stdout, c.processes(), time.Now())
	})
}

// showGroups shows each group: who streams it, up to when it is covered, and
// whether affinity is at work.
func showGroups(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return inspect(ctx, "groups", args, stderr, func(c *cluster, asJSON bool) error {
		if asJSON {
			return jsonLines(stdout, c.streamed())
		}
		return writeGroups(stdout, c.streamed(), time.Now())
	})
}

// inspect reads once what is stored, and shows it.
func inspect(ctx context.Context, name string, args []string, stderr io.Writer, show func(c *cluster, asJSON bool) error) error {
	cfg, asJSON, err := parseInspect(name, args, stderr)
	if err != nil {
		return err
	}
	return app.Run(ctx, cfg.Drain, app.Signals, func(ctx context.Context) error {
		within, cancel := context.WithTimeout(ctx, reachWithin)
		defer cancel()
		bus, err := reach(within, cfg, name, stderr)
		if err != nil {
			return err
		}
		defer bus.Close()
		c, err := readCluster(within, bus)
		if errors.Is(err, context.DeadlineExceeded) {
			return notReached(cfg)
		}
		if err != nil {
			return err
		}
		for _, problem := range c.problems {
			fmt.Fprintln(stderr, "left out:", problem)
		}
		return show(c, asJSON)
	})
}

func parseInspect(name string, args []string, stderr io.Writer) (cfg *config.Config, asJSON bool, err error) {
	flags := flag.NewFlagSet("ewsnats "+name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	loader := config.NewLoader(flags)
	flags.BoolVar(&asJSON, "json", false, "one JSON object a line")
	err = flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q: run ewsnats %s --help", flags.Arg(0), name)
	}
	if errors.Is(err, flag.ErrHelp) {
		return nil, false, err
	}
	if err != nil {
		return nil, false, app.WithExitCode(app.ExitUsage, err)
	}
	cfg, err = loader.Load(config.NeedNATS)
	return cfg, asJSON, err
}
