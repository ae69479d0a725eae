package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// eventOptions are the flags of the events command.
type eventOptions struct {
	mailboxes, kinds, folders words
	json, all, once           bool
	since                     time.Duration
}

// words is a flag that may be repeated or hold several values with commas.
type words []string

func (w *words) String() string { return strings.Join(*w, ",") }

func (w *words) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		*w = append(*w, strings.TrimSpace(word))
	}
	return nil
}

// followEvents prints what is published. Its filters become subject filters.
func followEvents(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cfg, options, err := parseEvents(args, stderr)
	if err != nil {
		return err
	}
	filters, err := options.filters()
	if err != nil {
		return err
	}
	return app.Run(ctx, cfg.Drain, app.Signals, func(ctx context.Context) error {
		bus, err := reach(ctx, cfg, "events", stderr)
		if err != nil {
			return err
		}
		defer bus.Close()
		events, err := bus.FollowEvents(ctx, filters, options.from())
		if err != nil {
			return err
		}
		return options.print(ctx, events, stdout)
	})
}

// reachWithin is how long a command that a person waits for tries to reach NATS.
const reachWithin = 10 * time.Second

// reach connects, or says within a short time that NATS is not there.
func reach(ctx context.Context, cfg *config.Config, name string, stderr io.Writer) (*jetbus.Bus, error) {
	within, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	bus, err := app.OpenBus(within, cfg, name, app.NewLogger(cfg.Log, name, stderr))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, notReached(cfg)
	}
	return bus, err
}

func notReached(cfg *config.Config) error {
	return app.WithExitCode(app.ExitUnavailable,
		fmt.Errorf("NATS at %s is not reached within %s: is it running? Give --nats-url", cfg.NATS.URL, reachWithin))
}

func parseEvents(args []string, stderr io.Writer) (*config.Config, *eventOptions, error) {
	flags := flag.NewFlagSet("ewsnats events", flag.ContinueOnError)
	flags.SetOutput(stderr)
	loader := config.NewLoader(flags)
	o := &eventOptions{}
	flags.Var(&o.mailboxes, "mailbox", "only of this `address`, or of a domain as @example.com; may be repeated")
	flags.Var(&o.kinds, "kind", "only this `kind`, such as newmail, item.moved or mailbox.gap; may be repeated")
	flags.Var(&o.folders, "folder", "only in this `folder`, such as inbox; may be repeated")
	flags.BoolVar(&o.json, "json", false, "one JSON object a line")
	flags.BoolVar(&o.all, "all", false, "from the beginning of the stream")
	flags.BoolVar(&o.once, "once", false, "end when everything stored is shown")
	flags.DurationVar(&o.since, "since", 0, "begin that long ago, such as 10m")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, nil, err
		}
		return nil, nil, app.WithExitCode(app.ExitUsage, err)
	}
	cfg, err := loader.Load(config.NeedNATS)
	return cfg, o, err
}

func (o *eventOptions) from() jetbus.From {
	switch {
	case o.all:
		return jetbus.From{}
	case o.since > 0:
		return jetbus.From{Time: time.Now().Add(-o.since)}
	}
	return jetbus.From{New: !o.once}
}

// filters is every combination of what was asked for.
func (o *eventOptions) filters() ([]messages.EventFilter, error) {
	filters := []messages.EventFilter{{}}
	var err error
	combine := func(texts []string, apply func(*messages.EventFilter, string) error) {
		if len(texts) == 0 || err != nil {
			return
		}
		var next []messages.EventFilter
		for _, f := range filters {
			for _, text := range texts {
				combined := f
				if e := apply(&combined, text); e != nil {
					err = app.WithExitCode(app.ExitUsage, e)
				}
				next = append(next, combined)
			}
		}
		filters = next
	}
	combine(o.mailboxes, applyMailbox)
	combine(o.kinds, applyKind)
	combine(o.folders, applyFolder)
	return filters, err
}

func applyMailbox(f *messages.EventFilter, text string) (err error) {
	if domain, ok := strings.CutPrefix(text, "@"); ok {
		f.Domain = strings.ToLower(domain)
		return nil
	}
	f.Mailbox, err = messages.ParseAddress(text)
	return err
}

func applyKind(f *messages.EventFilter, text string) error {
	object, verb, dotted := strings.Cut(strings.ToLower(text), ".")
	if !dotted {
		object, verb = "", object
	}
	switch messages.Object(object) {
	case "", messages.ObjectItem, messages.ObjectFolder, messages.ObjectMailbox:
	default:
		return fmt.Errorf("--kind %q: an object is item, folder or mailbox", text)
	}
	if messages.Token(verb) != verb || verb == "" && object == "" {
		return fmt.Errorf("--kind %q: write it as newmail, item.moved or mailbox.gap", text)
	}
	f.Object, f.Verb = messages.Object(object), messages.Verb(verb)
	return nil
}

func applyFolder(f *messages.EventFilter, text string) error {
	name := messages.FolderName(strings.ToLower(text))
	for _, known := range append(messages.WellKnownFolders(), messages.FolderOther, messages.FolderNone) {
		if name == known {
			f.Folder = name
			return nil
		}
	}
	return fmt.Errorf("--folder %q: the folders are %v, other and none", text, messages.WellKnownFolders())
}
