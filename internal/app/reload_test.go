package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ewsnats/ewsnats/internal/app/config"
)

// lines is a log whose writer waits for the reader.
type lines chan string

func (l lines) Write(line []byte) (int, error) { l <- string(line); return len(line), nil }

// until reads up to a line that holds a text.
func (l lines) until(text string) string {
	var all strings.Builder
	for line := range l {
		all.WriteString(line)
		if strings.Contains(line, text) {
			break
		}
	}
	return all.String()
}

func TestReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ewsnats.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte("log: {format: text, level: "+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("info}")
	read := func() (*config.Config, error) {
		return config.Parse("streamer", []string{"--config", path, "--id", "a"}, io.Discard, 0)
	}
	cfg, err := read()
	if err != nil {
		t.Fatal(err)
	}
	log, told := make(lines), 0
	logs, o := NewLogs(cfg.Log, log), NewObservation(cfg)
	logger := logs.Of("streamer")
	o.onReload(func(*config.Config) { told++ })
	reload := NewReload(cfg, read, logs, logger, o)
	defer reload.Stop()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- reload.Run(ctx) }()

	steps := []struct {
		file  string
		drain string // in the environment
		until string // the log's last line
		logs  []string
		debug bool
		told  int
		shown string
	}{
		{"debug}\ngroups: {size: 20}", "9s", "read anew", []string{"level=WARN", `"[drain groups.size]"`, "hint=", "changed=[log.level]"}, true, 1, "1"},
		{"info}\ngroups: {size: many}\nnats: {password: hunter2}", "9s", "key=nats.password",
			[]string{"level=ERROR", "where=" + path + ":2", "key=groups.size", "hint="}, true, 1, "0"},
		{"info}", "25s", "read anew", []string{"changed=[log.level]"}, false, 2, "1"},
	}
	for _, step := range steps {
		write(step.file)
		t.Setenv("EWSNATS_DRAIN", step.drain)
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		have := log.until(step.until)
		for _, want := range step.logs {
			if !strings.Contains(have, want) {
				t.Errorf("have %s, want %s in it", have, want)
			}
		}
		if strings.Contains(have, "hunter2") || strings.Contains(have, "restart") != (step.told == 1 && step.shown == "1") {
			t.Errorf("have %s, want no secret, and no other need of a restart", have)
		}
		if logger.Enabled(ctx, slog.LevelDebug) != step.debug || told != step.told {
			t.Errorf("debug %t, told %d times, want %t and %d", logger.Enabled(ctx, slog.LevelDebug), told, step.debug, step.told)
		}
		wantShown(t, o, "ewsnats_config_last_reload_successful "+step.shown)
		if w := get(o, "/readyz"); w.Code != 200 || strings.Contains(w.Body.String(), "invalid") != (step.shown == "0") {
			t.Errorf("have %d %s, want a process that goes on, and says when its configuration is not the newest", w.Code, w.Body)
		}
	}
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Errorf("have %v, want %v", err, context.Canceled)
	}
}

// SIGHUP would end a process that does not listen for it.
func TestStageCommandReloads(t *testing.T) {
	command := StageCommand("streamer", 0, func(_ *config.Config, _ *slog.Logger, o *Observation) Actor {
		told := make(chan struct{})
		o.onReload(func(*config.Config) { close(told) })
		return func(context.Context) error {
			if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
				return err
			}
			<-told
			return io.EOF
		}
	})
	if err := command(t.Context(), nil, io.Discard, io.Discard); err != io.EOF {
		t.Errorf("have %v, want the stage's own end", err)
	}
}
