package natsserver

import (
	"bytes"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func started(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dial(s *Server) error {
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.ClientURL(), "nats://"))
	if err == nil {
		conn.Close()
	}
	return err
}

func TestRestartKeepsPortAndFolder(t *testing.T) {
	s := started(t, Config{Dir: t.TempDir()})
	url := s.ClientURL()
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := s.ClientURL(); got != url {
		t.Errorf("after a restart the server is at %s, before at %s", got, url)
	}
	if err := dial(s); err != nil {
		t.Error(err)
	}
	s.Stop()
	if err := dial(s); err == nil {
		t.Error("a stopped server takes connections")
	}
}

func TestShutdownRemovesOnlyATemporaryFolder(t *testing.T) {
	kept := t.TempDir()
	for _, tt := range []struct {
		name string
		dir  string
		want bool
	}{{"given", kept, true}, {"temporary", "", false}} {
		s, err := Start(Config{Dir: tt.dir})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(s.cfg.Dir, "jetstream")); err != nil {
			t.Errorf("%s: nothing is stored in the folder: %v", tt.name, err)
		}
		if err := s.Shutdown(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(s.cfg.Dir); (err == nil) != tt.want {
			t.Errorf("%s: the folder is there: %v, want %v", tt.name, err == nil, tt.want)
		}
	}
}

func TestStartFailures(t *testing.T) {
	taken := started(t, Config{})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"port taken", Config{Dir: t.TempDir(), Port: taken.cfg.Port}, "address already in use"},
		{"folder is a file", Config{Dir: file}, "not a directory"},
	} {
		if _, err := Start(tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

func TestInProcess(t *testing.T) {
	s := started(t, Config{})
	conn, err := s.InProcessConn()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	greeting := make([]byte, 5)
	if _, err := conn.Read(greeting); err != nil || string(greeting) != "INFO " {
		t.Errorf("greeting %q, %v", greeting, err)
	}
}

func TestLog(t *testing.T) {
	var log bytes.Buffer
	s, err := Start(Config{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "level=DEBUG") || !strings.Contains(got, "Server is ready") {
		t.Errorf("log:\n%s", got)
	}
}
