package app

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestLoggerWritesJSONWithoutAddressesAndCookies(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(config.Log{Level: "info", Format: "json"}, "streamer", &out)
	log.Info("subscribed", "mailbox", messages.Address("anna@contoso.com"), "cookie", messages.Cookie("be1~1941996295"),
		"lost", []messages.Address{"bea@contoso.com", "carl@contoso.com"}, "attempt", 2)
	var have map[string]any
	if err := json.Unmarshal(out.Bytes(), &have); err != nil {
		t.Fatal(err)
	}
	if _, ok := have["ts"].(string); !ok {
		t.Errorf("have no ts in %s", out.String())
	}
	delete(have, "ts")
	want := map[string]any{
		"level": "INFO", "msg": "subscribed", "stage": "streamer", "mailbox": "a***@contoso.com",
		"cookie": "redacted", "lost": []any{"b***@contoso.com", "c***@contoso.com"}, "attempt": 2.0,
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("want - have +:\n%s", diff)
	}
}

// Operators search for one name, whichever package wrote the line.
func TestLoggerNamesFieldsAlike(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(config.Log{Level: "info", Format: "text"}, "streamer", &out)
	log.Info("a", "error", "x", "code", "ErrorServerBusy", "wait", 90*time.Second)
	log.Info("b", "err", "y", "ews_code", "eof")
	for _, want := range []string{"msg=a stage=streamer err=x ews_code=ErrorServerBusy wait=1m30s\n", "msg=b stage=streamer err=y ews_code=eof\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("have %s, want %s", out.String(), want)
		}
	}
	if strings.Contains(out.String(), "time=") || !strings.HasPrefix(out.String(), "ts=") {
		t.Errorf("have %s, want ts", out.String())
	}
}

func TestLoggerText(t *testing.T) {
	var out bytes.Buffer
	NewLogger(config.Log{Level: "info", Format: "text"}, "subscriber", &out).Info("planned", "mailbox", messages.Address("anna@contoso.com"))
	if have, want := out.String(), "level=INFO msg=planned stage=subscriber mailbox=a***@contoso.com\n"; !strings.HasSuffix(have, want) {
		t.Errorf("have %q, want it to end with %q", have, want)
	}
}

func TestLoggerLevels(t *testing.T) {
	tests := map[string]string{
		"debug": "debug info warn error", "info": "info warn error", "warn": "warn error", "error": "error",
	}
	for level, want := range tests {
		var out bytes.Buffer
		log := NewLogger(config.Log{Level: level, Format: "text"}, "x", &out)
		log.Debug("debug")
		log.Info("info")
		log.Warn("warn")
		log.Error("error")
		var have []string
		for line := range strings.Lines(out.String()) {
			_, rest, _ := strings.Cut(line, "msg=")
			have = append(have, strings.Fields(rest)[0])
		}
		if strings.Join(have, " ") != want {
			t.Errorf("level %s: have %v, want %s", level, have, want)
		}
	}
}
