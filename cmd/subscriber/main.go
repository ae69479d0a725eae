// Subscriber builds affinity groups, subscribes their mailboxes and records
// GroupSubscribed.
package main

import (
	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
)

func main() {
	app.Main(app.StageCommand(app.StageSubscriber, config.NeedNATS|config.NeedExchange, app.Subscriber))
}
