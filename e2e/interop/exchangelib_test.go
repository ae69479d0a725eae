package interop

import (
	"os/exec"
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

// bound asks for NTLM, with that made of channel bindings.
func bound(binding string) []string { return []string{"-auth", "ntlm", "-binding", binding} }

func TestExchangelib(t *testing.T) {
	interpreter := python(t, "exchangelib")
	t.Parallel()
	for name, test := range map[string]struct {
		login, discovery, steps string
		simulator               []string
		operation               string // that there must have been
	}{
		"Basic, URL":               {"basic", "fixed", "all", nil, "GetItem"},
		"Basic, POX Autodiscover":  {"basic", "pox", "brief", nil, "AutodiscoverPOX"},
		"NTLM, SOAP Autodiscover":  {"NTLM", "soap", "all", bound("required"), "GetUserSettings"},
		"NTLM, binding allowed":    {"NTLM", "fixed", "brief", bound("allowed"), "GetStreamingEvents"},
		"no binding, allowed":      {"unbound", "fixed", "brief", bound("allowed"), "GetStreamingEvents"},
		"no binding, but required": {"refused", "fixed", "", bound("required"), ""}, // no operation was reached
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := organised(t, test.simulator...)
			env := []string{"EWS_LOGIN=" + test.login, "EWS_DISCOVERY=" + test.discovery, "EWS_STEPS=" + test.steps,
				"REQUESTS_CA_BUNDLE=" + sim.certificate, "SSL_CERT_FILE=" + sim.certificate}
			sim.play(t, env, interpreter, "exchangelib_client.py")
			requests := sim.counts(t).Requests
			if requests[test.operation] == 0 {
				t.Errorf("there was no %s", test.operation)
			}
		})
	}
}
