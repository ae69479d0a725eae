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
	"github.com/ewsnats/ewsnats/internal/check"
	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// checkDrain is how long an interrupted check has to end its subscription.
const checkDrain = 30 * time.Second

// checkOptions are the flags of the check command.
type checkOptions struct {
	mailbox string
	timeout time.Duration
	json    bool
}

// checkExchange walks one mailbox through every step on the way to Exchange.
func checkExchange(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cfg, asJSON, err := parseCheck(args, stderr)
	if err != nil {
		return err
	}
	tell := func(f check.Finding) error { return f.WriteText(stdout) }
	if asJSON {
		tell = func(f check.Finding) error { return f.WriteJSON(stdout) }
	}
	return app.Run(ctx, checkDrain+cfg.Timeout, app.Signals, func(ctx context.Context) error {
		return check.Run(ctx, cfg, tell)
	})
}

// parseCheck makes an invalid configuration the check's first finding. Its error is the command line's.
func parseCheck(args []string, stderr io.Writer) (cfg check.Config, asJSON bool, err error) {
	flags := flag.NewFlagSet("ewsnats check", flag.ContinueOnError)
	flags.SetOutput(stderr)
	loader := config.NewLoader(flags)
	o := checkOptions{}
	flags.StringVar(&o.mailbox, "mailbox", "", "check with this `address`; by default the first of mailboxes.list")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "longest wait for an answer")
	flags.BoolVar(&o.json, "json", false, "one JSON object a line")
	err = flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return cfg, false, err
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q: run ewsnats check --help", flags.Arg(0))
	case err == nil && o.timeout <= 0:
		err = errors.New("--timeout: write a duration above 0, such as 10s")
	case err == nil && o.mailbox != "":
		if cfg.Mailbox, err = messages.ParseAddress(o.mailbox); err != nil {
			err = fmt.Errorf("--mailbox: %w", err)
		}
	}
	if err != nil {
		return cfg, false, app.WithExitCode(app.ExitUsage, err)
	}
	cfg.Timeout = o.timeout
	configure(&cfg, loader)
	return cfg, o.json, nil
}

// configure loads the configuration, and takes the mailbox from the list if none is given.
func configure(cfg *check.Config, loader *config.Loader) {
	needs := config.NeedExchange
	if cfg.Mailbox == "" {
		needs |= config.NeedDiscovery
	}
	settings, err := loader.Load(needs)
	if err != nil {
		cfg.Invalid = err
		return
	}
	if cfg.Mailbox == "" {
		cfg.Mailbox, cfg.Invalid = firstOf(settings.Mailboxes.List)
	}
	cfg.Settings = settings
	cfg.Open = func(observe func(httpauth.Observation)) (*check.Access, error) {
		a, err := app.NewAccess(settings.Exchange, observe)
		if err != nil {
			return nil, err
		}
		return &check.Access{Calls: a.Calls, Streams: a.Streams, Plain: a.Plain, TLS: a.TLS, Auth: a.Auth, Lockable: a.Secret != nil}, nil
	}
}

// firstOf is the first mailbox of a list.
func firstOf(path string) (messages.Address, error) {
	mailboxes, err := maillist.Read(path)
	if err == nil && len(mailboxes) == 0 {
		err = fmt.Errorf("%s names no mailbox: write one into it, or give --mailbox", path)
	}
	if err != nil {
		return "", err
	}
	return mailboxes[0], nil
}
