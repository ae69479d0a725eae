package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// freeAddress is a loopback address that nothing listens on just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAllInOneRunsOnItsOwnServerAndEventsAreFilteredBySubject(t *testing.T) {
	t.Parallel()
	s := &system{root: t, t: t, dir: t.TempDir()}
	s.startSimulator("-mailboxes", "4")
	listen := freeAddress(t)
	s.list(names(1, 4))
	s.write("ewsnats.yaml", fmt.Sprintf(`
nats: {embedded: {dir: %s, listen: %q}}
exchange:
  autodiscover: {url: %s/autodiscover/autodiscover.svc}
  account: {user: svc, password: {env: E2E_PASSWORD}}
mailboxes: {list: %s}
`, s.path("data"), listen, s.simURL, s.path("mailboxes.txt")))
	all := start(t, "ewsnats", "run", "--config", s.path("ewsnats.yaml"))
	s.until("NATS is up", 20*time.Second, func() bool { return strings.Contains(all.log.String(), "stream made") })
	s.until("every mailbox streams", 30*time.Second, func() bool {
		return len(s.eventLines(t, listen, "--kind", "mailbox.streaming")) == 4
	})
	s.control("produce", map[string]any{"rate": 20, "seed": 1, "duration": "3s"})
	<-time.After(3 * time.Second)

	var truth exchangesim.Truth
	s.get("truth", &truth)
	want := map[string]int{}
	for _, e := range truth.Events {
		if e.Type == "NewMailEvent" {
			want[e.Mailbox]++
		}
	}
	mailbox := names(2, 2)[0]
	var lines []string
	s.until("every new mail is shown", 10*time.Second, func() bool {
		lines = s.eventLines(t, listen, "--kind", "newmail", "--folder", "inbox", "--mailbox", mailbox)
		return len(lines) == want[mailbox]
	})
	for _, line := range lines {
		var event struct{ Subject, Type string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if event.Subject != "ews.event.v1.item.newmail.inbox.sim=2Etest.user0002" || event.Type != "ewsnats.item.newmail.v1" {
			t.Errorf("an event that was not asked for: %s", line)
		}
	}
	if len(lines) == 0 {
		t.Error("no mail was delivered: the test shows nothing")
	}
	if code := all.stop(t); code != 143 {
		t.Errorf("exit code %d after SIGTERM, want 143", code)
	}
}

// eventLines are what ewsnats events shows of the stored events, as JSON.
func (s *system) eventLines(t *testing.T, listen string, filters ...string) []string {
	t.Helper()
	p := start(t, "ewsnats", append([]string{"events", "--once", "--json", "--nats-url", "nats://" + listen}, filters...)...)
	if code := p.wait(t, 20*time.Second); code != 0 {
		t.Fatalf("ewsnats events: exit code %d\n%s", code, p.log)
	}
	return strings.FieldsFunc(p.out.String(), func(r rune) bool { return r == '\n' })
}
