package interop

import (
	"os/exec"
	"slices"
	"testing"
)

// node finds Node.js with the module, or skips. NODE_PATH says where modules are.
func node(t *testing.T, module string) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil || exec.Command(path, "-e", "require('"+module+"')").Run() != nil {
		t.Skipf("no Node.js finds the module %s (npm install %[1]s@0.15.3, and NODE_PATH names its node_modules)", module)
	}
	return path
}

func TestEWSJavaScriptAPI(t *testing.T) {
	interpreter := node(t, "ews-javascript-api")
	t.Parallel()
	sim := organised(t)
	sim.play(t, []string{"NODE_EXTRA_CA_CERTS=" + sim.certificate}, interpreter, "ews_javascript_api_client.js")
	truth := sim.truth(t)
	if c := truth.Connections[0]; len(c.IDs) != 2 || c.Server != "ex01.example.com" {
		t.Errorf("the stream: %+v", c)
	}
	for _, sub := range truth.Subscriptions { // all on the anchor's server, by the cookie
		if sub.Server != "ex01.example.com" {
			t.Errorf("%s: %+v", sub.Mailbox, sub)
		}
	}
	var discovered [][]string
	for _, r := range truth.Requests {
		if r.Operation == "GetUserSettings" {
			discovered = append(discovered, r.Mailboxes)
		}
	}
	if want := [][]string{{mailbox, colleague}, {mailbox}}; !slices.EqualFunc(discovered, want, slices.Equal) {
		t.Errorf("discovered %v, want %v", discovered, want)
	}
}
