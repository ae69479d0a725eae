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

func TestExchangelib(t *testing.T) {
	interpreter := python(t, "exchangelib")
	for name, test := range map[string]struct {
		simulator []string
		env       []string
		operation string // that there must have been
	}{
		"Basic, URL":               {nil, []string{"EWS_DISCOVERY=fixed", "EWS_LOGIN=basic"}, "GetItem"},
		"Basic, SOAP Autodiscover": {nil, []string{"EWS_DISCOVERY=soap", "EWS_LOGIN=basic"}, "GetUserSettings"},
		"Basic, POX Autodiscover":  {nil, []string{"EWS_DISCOVERY=pox", "EWS_LOGIN=basic"}, "AutodiscoverPOX"},
		"NTLM, binding allowed": {
			[]string{"-auth", "ntlm", "-binding", "allowed"}, []string{"EWS_DISCOVERY=fixed", "EWS_LOGIN=NTLM"}, "GetItem",
		},
		"NTLM, binding required, SOAP Autodiscover": {
			[]string{"-auth", "ntlm", "-binding", "required"}, []string{"EWS_DISCOVERY=soap", "EWS_LOGIN=NTLM"}, "GetUserSettings",
		},
		"NTLM without binding where it is allowed": {
			[]string{"-auth", "ntlm", "-binding", "allowed"}, []string{"EWS_DISCOVERY=fixed", "EWS_LOGIN=unbound"}, "GetFolder",
		},
		"NTLM without binding where it is required": {
			[]string{"-auth", "ntlm", "-binding", "required"}, []string{"EWS_DISCOVERY=fixed", "EWS_LOGIN=refused"}, "", // no operation was reached
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := organised(t, test.simulator...)
			env := append(test.env, "REQUESTS_CA_BUNDLE="+sim.certificate, "SSL_CERT_FILE="+sim.certificate)
			sim.play(t, env, interpreter, "exchangelib_client.py")
			requests := sim.counts(t).Requests
			if requests[test.operation] == 0 {
				t.Errorf("there was no %s", test.operation)
			}
		})
	}
}
