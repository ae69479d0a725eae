package natsserver

import (
	"path/filepath"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// The compose file's server is another process, but of the same code.
func TestDeployedConfigurationIsUnderstood(t *testing.T) {
	o, err := server.ProcessConfigFile(filepath.Join("..", "..", "deployments", "compose", "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if !o.JetStream || o.StoreDir != "/data" || o.JetStreamMaxStore != 2<<30 || !o.SyncAlways || o.Port != 4222 || o.HTTPPort != 8222 {
		t.Errorf("have JetStream %t in %s, at most %d, sync always %t, ports %d and %d",
			o.JetStream, o.StoreDir, o.JetStreamMaxStore, o.SyncAlways, o.Port, o.HTTPPort)
	}
}
