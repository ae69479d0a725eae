package config

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var ignoreOrigins = cmpopts.IgnoreUnexported(Config{})

func load(t *testing.T, needs Needs, args ...string) (*Config, error) {
	t.Helper()
	return Parse("streamer", args, os.Stderr, needs)
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPrecedence(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "ewsnats.yaml", "groups:\n  size: 20\n")
	steps := []struct {
		prepare func() (args []string)
		want    int
		origin  string
	}{
		{func() []string { return nil }, 200, "default"},
		{func() []string { return []string{"--config", "ewsnats.yaml"} }, 20, "ewsnats.yaml:2"},
		{func() []string {
			t.Setenv("EWSNATS_GROUPS_SIZE", "30")
			return []string{"--config", "ewsnats.yaml"}
		}, 30, "EWSNATS_GROUPS_SIZE"},
		{func() []string { return []string{"--config", "ewsnats.yaml", "--groups-size", "40"} }, 40, "--groups-size"},
	}
	for _, step := range steps {
		cfg, err := load(t, 0, step.prepare()...)
		if err != nil {
			t.Fatal(err)
		}
		if cfg.Groups.Size != step.want || cfg.Origin("groups.size") != step.origin {
			t.Errorf("have %d from %s, want %d from %s", cfg.Groups.Size, cfg.Origin("groups.size"), step.want, step.origin)
		}
	}
}

func TestConfigFileFromEnvironment(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "ewsnats.yaml", "log: {level: debug}\n")
	t.Setenv("EWSNATS_CONFIG", "ewsnats.yaml")
	cfg, err := load(t, 0)
	if err != nil || cfg.Log.Level != "debug" {
		t.Errorf("have %+v, %v, want the file's level", cfg, err)
	}
}

// Every key can be given in each of the three ways, and each way means the same.
func TestEveryKeyInEveryWay(t *testing.T) {
	t.Chdir(t.TempDir())
	samples := map[string]string{
		"nats.url": "nats://a:1,nats://b:2", "nats.replicas": "3", "nats.events.maxBytes": "3GiB",
		"exchange.url":                    "https://mail.contoso.com/EWS/Exchange.asmx",
		"exchange.autodiscover.url":       "https://contoso.com/autodiscover/autodiscover.svc",
		"exchange.account.channelBinding": "false",
		"exchange.account.oauth.tokenURL": "https://adfs.contoso.com/adfs/oauth2/token",
		"exchange.version":                "Exchange2016", "exchange.impersonation": "false", "exchange.fixedVersion": "true", "exchange.clientStatistics": "true", "exchange.tls.insecure": "true",
		"exchange.tls.minVersion": "1.3",
		"exchange.concurrency":    "5", "mailboxes.confirmWithdrawals": "true", "discoverer.batch": "7", "groups.size": "50",
		"subscribe.folders": "inbox,sentitems", "subscribe.events": "NewMailEvent,MovedEvent",
		"log.level": "debug", "log.format": "text", "drain": "9s", "nats.events.maxAge": "48h0m0s",
		"discoverer.refresh": "12h0m0s", "groups.quiet": "2s", "streamer.connectionTimeout.min": "2m0s",
		"streamer.connectionTimeout.max": "3m0s", "streamer.silence": "90s",
		"lease.ttl": "10s", "trace.only": "a-1,anna@contoso.com", "trace.maxBytes": "1MiB", "trace.maxFiles": "7",
	}
	for _, s := range Default().settings() {
		sample, ok := samples[s.key]
		if !ok {
			sample = "sample"
		}
		for way, read := range map[string]func(*reading){
			"file": func(r *reading) { writeFile(t, "one.yaml", nested(s.key, sample)); r.readFile("one.yaml") },
			"text": func(r *reading) { r.set(r.byKey[s.key], sample, "", 0) },
		} {
			cfg := Default()
			r := newReading(cfg)
			read(r)
			if err := asError(r.problems); err != nil {
				t.Errorf("%s as %s: %v", s.key, way, err)
			}
			if have := r.byKey[s.key].value.show(); !sameText(have, sample) {
				t.Errorf("%s as %s: have %q, want %q", s.key, way, have, sample)
			}
		}
	}
}

func sameText(a, b string) bool {
	da, errA := time.ParseDuration(a)
	db, errB := time.ParseDuration(b)
	return a == b || errA == nil && errB == nil && da == db
}

// nested writes a.b.c as a YAML mapping.
func nested(key, value string) string {
	return "{" + strings.ReplaceAll(key, ".", ": {") + ": " + `"` + value + `"` + strings.Repeat("}", strings.Count(key, ".")+1) + "\n"
}

func TestNames(t *testing.T) {
	tests := []struct{ key, flag, env string }{
		{"nats.url", "nats-url", "EWSNATS_NATS_URL"},
		{"nats.tls.serverName", "nats-tls-server-name", "EWSNATS_NATS_TLS_SERVER_NAME"},
		{"exchange.account.oauth.tokenURL", "exchange-account-oauth-token-url", "EWSNATS_EXCHANGE_ACCOUNT_OAUTH_TOKEN_URL"},
		{"exchange.account.password.file", "exchange-account-password-file", "EWSNATS_EXCHANGE_ACCOUNT_PASSWORD_FILE"},
	}
	for _, tt := range tests {
		if flagName(tt.key) != tt.flag || envName(tt.key) != tt.env {
			t.Errorf("%s: have %s and %s, want %s and %s", tt.key, flagName(tt.key), envName(tt.key), tt.flag, tt.env)
		}
	}
}

func TestParseUsage(t *testing.T) {
	var out bytes.Buffer
	_, err := Parse("streamer", []string{"--help"}, &out, 0)
	if !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help: have %v, want flag.ErrHelp", err)
	}
	for _, s := range Default().settings() {
		if !strings.Contains(out.String(), "-"+flagName(s.key)+" ") && !strings.Contains(out.String(), "-"+flagName(s.key)+"\n") {
			t.Errorf("the usage does not tell --%s", flagName(s.key))
		}
	}
	for _, args := range [][]string{{"--nats-ulr", "x"}, {"start"}} {
		_, err := Parse("streamer", args, &bytes.Buffer{}, 0)
		var usage *UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), "streamer --help") {
			t.Errorf("%v: have %v, want a UsageError that says where help is", args, err)
		}
	}
}

func TestWhatManyOfAStageNeed(t *testing.T) {
	cfg, err := load(t, 0)
	if err != nil || cfg.ID != "" || cfg.Lease.TTL != 6*time.Second || cfg.HTTP.Listen != "" {
		t.Errorf("have %q, %s, %q, %v, want a process that names itself, 6s, and no listener", cfg.ID, cfg.Lease.TTL, cfg.HTTP.Listen, err)
	}
	cfg, err = load(t, 0, "--id", "node-1.A_0", "--lease-ttl", "3s", "--http-listen", ":0")
	if err != nil || cfg.ID != "node-1.A_0" || cfg.Lease.TTL != 3*time.Second || cfg.HTTP.Listen != ":0" {
		t.Errorf("have %+v, %v", cfg, err)
	}
}

func TestBooleanFlagWithoutValue(t *testing.T) {
	cfg, err := load(t, 0, "--exchange-tls-insecure", "--exchange-impersonation=false")
	if err != nil {
		t.Fatal(err)
	}
	if !cfg.Exchange.TLS.Insecure || cfg.Exchange.Impersonation {
		t.Errorf("have %+v, want insecure without impersonation", cfg.Exchange)
	}
}

func TestSubscribeNormalises(t *testing.T) {
	cfg, err := load(t, 0, "--subscribe-events", "newmailevent, MovedEvent", "--subscribe-folders", "Inbox,SentItems")
	if err != nil {
		t.Fatal(err)
	}
	want := Subscribe{Folders: []string{"inbox", "sentitems"}, Events: []string{"NewMailEvent", "MovedEvent"}}
	if diff := cmp.Diff(want, cfg.Subscribe); diff != "" {
		t.Errorf("want - have +:\n%s", diff)
	}
	cfg, err = load(t, 0, "--subscribe-events", "all", "--subscribe-folders", "all")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Subscribe{Events: eventElements()}, cfg.Subscribe, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("all: want - have +:\n%s", diff)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"64MiB": 64 << 20, "10GiB": 10 << 30, "1TiB": 1 << 40, "3KiB": 3 << 10, "77B": 77, "1536MiB": 1536 << 20} {
		var have Size
		if wrong := size(&have).set(text); wrong != nil || have != want || have.String() != text {
			t.Errorf("%s: have %d, shown as %s, %v, want %d", text, have, have, wrong, want)
		}
	}
	for _, text := range []string{"", "10", "GiB", "-1GiB", "1.5GiB", "9223372036854775807KiB", "10GB"} {
		var have Size
		if wrong := size(&have).set(text); wrong == nil {
			t.Errorf("%q was taken for %d", text, have)
		}
	}
}
