// Ewsnats is the all-in-one command: the pipeline in one process, an embedded
// NATS server, the demonstration, and the operator's tools.
package main

import (
	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/cli"
)

func main() { app.Main(cli.Run) }
