package e2e

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// buryPoison puts a message no one can read on every partition of the regroup
// queue; each ends in the dead letters with its reason, and stops nothing, as the
// losses that follow show.
func (s *system) buryPoison() {
	t := s.t
	t.Helper()
	nc, err := nats.Connect(s.natsURL)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	const partitions = 64
	for p := range partitions {
		if _, err := js.Publish(t.Context(), "ews.regroup."+strconv.Itoa(p)+".poison", []byte("no message of ours")); err != nil {
			t.Fatal(err)
		}
	}
	dead, err := js.Stream(t.Context(), "EWS_DLQ")
	if err != nil {
		t.Fatal(err)
	}
	s.until("every poisoned message is a dead letter", 20*time.Second, func() bool {
		info, err := dead.Info(t.Context())
		return err == nil && info.State.Msgs >= partitions
	})
	letter, err := dead.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if reason := letter.Header.Get("reason_poisoned"); !strings.Contains(reason, "ce-type") {
		t.Errorf("the dead letter's reason is %q, want that it has no ce-type", reason)
	}
}

// residentMiB reads a process's memory from /proc; 0 where there is none.
func residentMiB(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Logf("memory not measured: %v", err)
		return 0
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kb), " kB"))
			return n / 1024
		}
	}
	return 0
}
