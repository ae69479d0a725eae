// Streamer holds the GetStreamingEvents connections of the groups and publishes
// every notification as a MailboxEvent.
package main

import (
	"context"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
)

func main() {
	go app.SaveMemory(context.Background())
	app.Main(app.StageCommand(app.StageStreamer, config.NeedNATS|config.NeedExchange, app.Streamer))
}
