package interop

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// python finds an interpreter that has the module, or skips.
func python(t *testing.T, module string) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if path, err := exec.LookPath(name); err == nil && exec.Command(path, "-c", "import "+module).Run() == nil {
			return path
		}
	}
	t.Skipf("no Python has the module %s (Debian: python3-%s)", module, module)
	return ""
}

func TestExchangelib(t *testing.T) {
	interpreter := python(t, "exchangelib")
	for discovery, operation := range map[string]string{"fixed": "GetItem", "soap": "GetUserSettings", "pox": "AutodiscoverPOX"} {
		t.Run(discovery, func(t *testing.T) {
			sim, address, certificate := serve(t)
			cmd := exec.CommandContext(t.Context(), interpreter, "exchangelib_client.py")
			cmd.Env = append(os.Environ(), "EWS_HOST="+host, "EWS_ADDRESS="+address, "EWS_CONTROL=https://"+host+"/sim/",
				"EWS_MAILBOX="+mailbox, "EWS_COLLEAGUE="+colleague, "EWS_USER="+user, "EWS_PASSWORD="+password, "EWS_DISCOVERY="+discovery,
				"REQUESTS_CA_BUNDLE="+certificate, "SSL_CERT_FILE="+certificate, "TMPDIR="+t.TempDir(), "NO_PROXY=*", "no_proxy=*")
			out, err := cmd.CombinedOutput()
			t.Logf("%s", out)
			if err != nil || !strings.HasSuffix(string(out), "done\n") {
				t.Fatalf("exchangelib: %v", err)
			}
			if sim.Counts().Requests[operation] == 0 {
				t.Errorf("there was no %s", operation)
			}
			for _, sub := range sim.Truth().Subscriptions {
				if sub.EndedWhy != "unsubscribed" {
					t.Errorf("subscription %s ended: %q", sub.ID, sub.EndedWhy)
				}
			}
		})
	}
}
