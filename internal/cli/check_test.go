package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/check"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func TestCheck(t *testing.T) {
	t.Chdir(t.TempDir())
	sim := exchangesim.New(exchangesim.Config{Accounts: map[string]string{"svc": "hunter2"}})
	sim.AddMailbox("anna@sim.test", "ex01.sim.test", "SITE-1")
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	defer sim.Close()
	t.Setenv("PASSWORD", "hunter2")
	for path, text := range map[string]string{"list": "zoe@sim.test\nanna@sim.test\n", "empty": "# none\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base := []string{"check", "--exchange-autodiscover-url", server.URL + "/autodiscover/autodiscover.svc",
		"--exchange-account-user", "svc", "--exchange-account-password-env", "PASSWORD"}
	for _, c := range []struct {
		name string
		args []string
		exit int
		says string // in some line
	}{
		{"first of the list", []string{"--mailboxes-list", "list"}, 0, "anna@sim.test"},
		{"a mailbox", []string{"--mailbox", "Anna@Sim.test"}, 0, "anna@sim.test"},
		{"no mailbox", nil, app.ExitConfig, "mailboxes.list"},
		{"an empty list", []string{"--mailboxes-list", "empty"}, app.ExitConfig, "empty names no mailbox"},
		{"another mailbox", []string{"--mailbox", "bert@sim.test"}, 1, "InvalidUser"},
		{"a password that cannot be read", []string{"--exchange-account-password-env", "NONE", "--mailbox", "anna@sim.test"}, app.ExitConfig, "NONE is not set"},
		{"no address", []string{"--mailbox", "anna"}, app.ExitUsage, ""},
		{"no time", []string{"--timeout", "0s"}, app.ExitUsage, ""},
		{"an argument", []string{"anna@sim.test"}, app.ExitUsage, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Run(t.Context(), append(base[:len(base):len(base)], c.args...), &out, io.Discard)
			if have := app.ExitCode(err); have != c.exit || !strings.Contains(out.String(), c.says) {
				t.Errorf("exit code %d, want %d: %v\n%s", have, c.exit, err, &out)
			}
		})
	}
	if n := sim.Counts().Subscriptions; n != 0 {
		t.Errorf("%d subscriptions are left", n)
	}
}

func TestCheckInJSON(t *testing.T) {
	var out bytes.Buffer
	if err := Run(t.Context(), []string{"check", "--json", "--mailbox", "anna@sim.test"}, &out, io.Discard); app.ExitCode(err) != app.ExitConfig {
		t.Errorf("have %v", err)
	}
	var first check.Finding
	if err := json.NewDecoder(&out).Decode(&first); err != nil || first.Step != "configuration" || first.Status != check.Failed || len(first.Details) == 0 {
		t.Errorf("have %+v, %v", first, err)
	}
}
