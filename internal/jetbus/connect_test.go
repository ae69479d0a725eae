package jetbus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/internal/natsserver"
)

// logBuffer is a log that a test may read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestConnectWaitsForTheServer(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	server.Stop()
	var log logBuffer
	connected := make(chan *Bus, 1)
	go func() {
		b, err := Connect(t.Context(), Config{URL: server.ClientURL(), Stage: "test", Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Error(err)
		}
		connected <- b
	}()
	waitFor(t, "a line in the log", func() bool { return strings.Contains(log.String(), "cannot connect to NATS") })
	must(t, server.Restart())
	b := receive(t, connected, "connected")
	defer b.Close()
	expect(t, "trouble", "", b.Trouble())
}

func TestConnectOptions(t *testing.T) {
	b, _ := fresh(t)
	opts := b.nc.Opts
	expect(t, "name", "ewsnats-test", opts.Name)
	expect(t, "buffer across reconnects", -1, opts.ReconnectBufSize)
	expect(t, "pings", "3s x 2", fmt.Sprint(opts.PingInterval, " x ", opts.MaxPingsOut))
	expect(t, "reconnects", -1, opts.MaxReconnect)
	expect(t, "goes on after a refused login", true, opts.IgnoreAuthErrorAbort)
}

func TestConnectInProcess(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	b := openBus(t, server, func(c *Config) { c.URL, c.InProcess = "", server })
	must(t, b.Record(limited(t), enrolled("f1", anna)))
	must(t, server.Restart())
	must(t, b.Record(limited(t), enrolled("f2", anna)))
	expect(t, "stored", uint64(2), countOf(t, b, streamMailbox))
}

func TestConnectEndsWithItsContext(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	server.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Connect(ctx, Config{URL: server.ClientURL(), Stage: "test", Logger: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestConnectCredentials(t *testing.T) {
	server := startServer(t, natsserver.Config{User: "ews", Password: "right"})
	for _, tt := range []struct {
		password string
		refused  bool
	}{{"right", false}, {"wrong", true}} {
		var log logBuffer
		b, err := Connect(t.Context(), Config{
			URL: server.ClientURL(), Stage: "test", User: "ews",
			Password: func() (string, error) { return tt.password, nil },
			Logger:   slog.New(slog.NewTextHandler(&log, nil)),
		})
		var refused *outcome.CredentialsError
		if errors.As(err, &refused) != tt.refused {
			t.Errorf("password %s: error %v", tt.password, err)
		}
		if text := fmt.Sprint(err, log.String()); strings.Contains(text, tt.password) {
			t.Errorf("the password is told: %s", text)
		}
		if err == nil {
			b.Close()
		}
	}
}

func TestConnectPasswordCannotBeRead(t *testing.T) {
	server := startServer(t, natsserver.Config{User: "ews", Password: "right"})
	var log logBuffer
	_, err := Connect(t.Context(), Config{
		URL: server.ClientURL(), Stage: "test", User: "ews",
		Password: func() (string, error) { return "", errors.New("no such file") },
		Logger:   slog.New(slog.NewTextHandler(&log, nil)),
	})
	var refused *outcome.CredentialsError
	if !errors.As(err, &refused) || !strings.Contains(log.String(), "no such file") {
		t.Errorf("error %v, log %s", err, log.String())
	}
}

func TestConnectRefusesConfigurations(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"no stage", Config{}, "no stage is named"},
		{"no window", Config{Stage: "test", Window: -1}, "a window of -1 messages"},
		{"no nkey seed", Config{Stage: "test", NKey: "/nowhere/seed"}, "read the nkey seed /nowhere/seed"},
	} {
		if _, err := Connect(t.Context(), tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

func TestRedactURL(t *testing.T) {
	for servers, want := range map[string]string{
		"nats://a:4222":                       "nats://a:4222",
		"nats://user:secret@a:4222, nats://b": "nats://user:xxxxx@a:4222,nats://b",
		"nats://%zz":                          "(not a URL)",
	} {
		expect(t, servers, want, redactURL(servers))
	}
}

func TestBackOff(t *testing.T) {
	for attempt := range 100 {
		most := lastConnectWait
		if attempt < 5 {
			most = firstConnectWait << attempt
		}
		for range 20 {
			if got := backOff(attempt, firstConnectWait, lastConnectWait); got < most/2 || got > most {
				t.Errorf("attempt %d waits %s, want %s to %s", attempt, got, most/2, most)
			}
		}
	}
}
