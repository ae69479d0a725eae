// Package cli holds the commands of ewsnats.
package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/cli/demo"
)

// commands by name, in the order in which they are shown.
var commands = []struct {
	name, says string
	run        app.Command
}{
	{"demo", "show the pipeline at work on a simulated Exchange", demo.Command},
	{"run", "run all stages in one process, with an embedded NATS server unless --nats-url is given", runAll},
	{"nats", "run the embedded NATS server alone", runNATS},
	{"check", "try every step on the way to Exchange with one mailbox, and say what to do where one fails", checkExchange},
	{"events", "follow the published events", followEvents},
	{"members", "show the processes of each stage and how much each owns", showMembers},
	{"groups", "show who streams each group, up to when it is covered, and its mailbox server", showGroups},
	{app.StageDiscoverer, "run one stage: ask Autodiscover where the mailboxes live",
		app.StageCommand(app.StageDiscoverer, config.NeedNATS|config.NeedExchange|config.NeedDiscovery, app.Discoverer)},
	{app.StageSubscriber, "run one stage: build affinity groups and subscribe their mailboxes",
		app.StageCommand(app.StageSubscriber, config.NeedNATS|config.NeedExchange, app.Subscriber)},
	{app.StageStreamer, "run one stage: hold the streaming connections and publish events",
		app.StageCommand(app.StageStreamer, config.NeedNATS|config.NeedExchange, app.Streamer)},
}

// Run runs the command that the first argument names.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		usage(stderr)
		return app.WithExitCode(app.ExitUsage, fmt.Errorf("no command given"))
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(ctx, args[1:], stdout, stderr)
		}
	}
	switch args[0] {
	case "help", "-h", "--help":
		usage(stdout)
		return nil
	}
	usage(stderr)
	return app.WithExitCode(app.ExitUsage, fmt.Errorf("unknown command %q", args[0]))
}

func usage(w io.Writer) {
	fmt.Fprint(w, "ewsnats turns Exchange notifications into NATS JetStream messages.\n\nUsage: ewsnats COMMAND [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-11s %s\n", c.name, c.says)
	}
	fmt.Fprint(w, "\newsnats COMMAND --help lists a command's flags.\n")
}
