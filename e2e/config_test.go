package e2e

import (
	"strings"
	"testing"
	"time"
)

// What a user may get wrong ends every command with exit code 78 and says where,
// what, and what to write instead.
func TestWrongConfigurationIsNamedWithFileAndLine(t *testing.T) {
	const good = "exchange:\n  url: https://mail.example.com/EWS/Exchange.asmx\n  account: {user: svc, password: {env: E2E_PASSWORD}}\n"
	for _, c := range []struct {
		name, yaml, list string
		want             []string
	}{
		{"unknown key", good + "mailboxes: {lst: boxes.txt}\n", "", []string{"ewsnats.yaml:4", "mailboxes.lst", "list"}},
		{"missing credential", "exchange:\n  url: https://mail.example.com/EWS/Exchange.asmx\n  account:\n    user: svc\n    password: {env: E2E_NOT_SET}\n",
			"", []string{"ewsnats.yaml:5", "E2E_NOT_SET"}},
		{"address without domain", good + "mailboxes: {list: LIST}\n", "anna@example.com\nbert\n", []string{"boxes.txt:2", "name@example.com"}},
		{"bad URL", strings.Replace(good, "https://", "htps://", 1), "", []string{"ewsnats.yaml:2", "exchange.url", "https://"}},
		{"group size 0", good + "groups: {size: 0}\n", "", []string{"ewsnats.yaml:4", "groups.size", "1", "200"}},
		{"group size 201", good + "groups: {size: 201}\n", "", []string{"ewsnats.yaml:4", "groups.size", "1", "200"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &system{root: t, t: t, dir: t.TempDir()}
			s.write("boxes.txt", c.list)
			s.write("ewsnats.yaml", strings.Replace(c.yaml, "LIST", s.path("boxes.txt"), 1))
			for _, command := range [][]string{{"discoverer"}, {"ewsnats", "run"}} {
				p := start(t, command[0], append(command[1:], "--config", s.path("ewsnats.yaml"))...)
				if code := p.wait(t, 10*time.Second); code != 78 {
					t.Errorf("%v: exit code %d, want 78\n%s", command, code, p.log)
				}
				for _, word := range c.want {
					if !strings.Contains(p.log.String(), word) {
						t.Errorf("%v: want %q in %q", command, word, p.log)
					}
				}
			}
		})
	}
}
