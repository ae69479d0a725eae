package interop

import (
	"os/exec"
	"slices"
	"testing"
)

func TestCurl(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "xmllint"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("install %s: the plain protocol is spoken with it", tool)
		}
	}
	t.Parallel()
	for login, simulator := range map[string][]string{"basic": nil, "ntlm": {"-auth", "ntlm"}} {
		t.Run(login, func(t *testing.T) {
			t.Parallel()
			sim := organised(t, simulator...)
			sim.play(t, []string{"EWS_LOGIN=" + login}, "bash", "curl.sh")
			truth := sim.truth(t)
			if len(truth.Connections) != 1 || len(truth.Writes) != 1 {
				t.Fatalf("%d streams, %d events written", len(truth.Connections), len(truth.Writes))
			}
			if e, _ := truth.EventBySeq(truth.Writes[0].Event); e.Type != "NewMailEvent" || e.Mailbox != mailbox {
				t.Errorf("written: %+v", e)
			}
			want := []string{"Subscribe", "GetStreamingEvents", "GetItem", "Unsubscribe", "Unsubscribe"}
			var have []string
			for _, r := range truth.Requests {
				if r.HTTPStatus == 200 {
					have = append(have, r.Operation)
				}
			}
			if !slices.Equal(have, want) {
				t.Errorf("asked for %q, want %q", have, want)
			}
		})
	}
}
