// Discoverer asks Autodiscover where the wanted mailboxes live and records
// MailboxDiscovered.
package main

import (
	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
)

func main() {
	app.Main(app.StageCommand(app.StageDiscoverer, config.NeedNATS|config.NeedExchange|config.NeedDiscovery, app.Discoverer))
}
