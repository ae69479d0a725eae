// Streamer holds the GetStreamingEvents connections of the groups and publishes
// every notification as a MailboxEvent.
package main

import (
	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
)

func main() {
	app.SaveMemory()
	app.Main(app.StageCommand(app.StageStreamer, config.NeedNATS|config.NeedExchange, app.Streamer))
}
