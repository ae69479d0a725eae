package interop

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// node finds Node.js with the module, or skips. NODE_PATH says where modules are.
func node(t *testing.T, module string) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil || exec.Command(path, "-e", "require('"+module+"')").Run() != nil {
		t.Skipf("no Node.js finds the module %s (npm install %[1]s, and NODE_PATH names its node_modules)", module)
	}
	return path
}

func TestEWSJavaScriptAPI(t *testing.T) {
	interpreter := node(t, "ews-javascript-api")
	sim, address, certificate := serve(t)
	cmd := exec.CommandContext(t.Context(), interpreter, "ews_javascript_api_client.js")
	cmd.Env = append(os.Environ(), "EWS_URL=https://"+address, "EWS_MAILBOXES="+mailbox+","+colleague, "EWS_USER="+user,
		"EWS_PASSWORD="+password, "NODE_EXTRA_CA_CERTS="+certificate)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.HasSuffix(string(out), "done\n") {
		t.Fatalf("ews-javascript-api: %v", err)
	}
	truth := sim.Truth()
	if c := truth.Connections[0]; len(c.IDs) != 2 || c.Server != "ex01.example.com" {
		t.Errorf("the stream: %+v", c)
	}
	for _, sub := range truth.Subscriptions { // all on the anchor's server, by the cookie
		if sub.Server != "ex01.example.com" || sub.EndedWhy != "unsubscribed" {
			t.Errorf("%s: %+v", sub.Mailbox, sub)
		}
	}
	var discovered []string
	for _, r := range truth.Requests {
		if r.Operation == "GetUserSettings" {
			discovered = r.Mailboxes
		}
	}
	if !slices.Equal(discovered, []string{mailbox, colleague}) {
		t.Errorf("discovered %v in one request", discovered)
	}
}
