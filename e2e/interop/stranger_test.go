package interop

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// play runs a stranger to its end. It prints a line for each thing that went well and "done" at last. The environment says
// what it must know of the simulator, and what env adds.
func (s simulator) play(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(append(os.Environ(),
		"EWS_HOST="+host, "EWS_URL="+s.url, "EWS_ADDRESS="+s.address, "EWS_CONTROL="+s.control,
		"EWS_MAILBOX="+mailbox, "EWS_COLLEAGUE="+colleague, "EWS_USER="+user, "EWS_PASSWORD="+password,
		"EWS_CA="+s.certificate, "TMPDIR="+t.TempDir(), "NO_PROXY=*", "no_proxy=*"), env...)
	out, err := cmd.CombinedOutput()
	t.Logf("\n%s", out)
	if err != nil || !strings.HasSuffix(string(out), "done\n") {
		t.Fatalf("%s: %v", name, err)
	}
	s.nothingLeft(t)
}

// nothingLeft checks that every subscription was given back, and that the server failed at no request. That a version is
// too new is how clients find the one to use: exchangelib asks so with ConvertId.
func (s simulator) nothingLeft(t *testing.T) {
	t.Helper()
	truth := s.truth(t)
	for _, sub := range truth.Subscriptions {
		if sub.EndedWhy != "unsubscribed" {
			t.Errorf("subscription %s of %s ended: %q", sub.ID, sub.Mailbox, sub.EndedWhy)
		}
	}
	for _, r := range truth.Requests {
		tooNew := r.Code == "ErrorInvalidServerVersion" || r.Code == "ErrorInvalidRequest" && r.Operation == "ConvertId"
		if r.HTTPStatus >= 500 && !tooNew {
			t.Errorf("%s of %s: HTTP %d, %s", r.Operation, r.UserAgent, r.HTTPStatus, r.Code)
		}
	}
}
