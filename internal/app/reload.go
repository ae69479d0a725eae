package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/ewsnats/ewsnats/internal/app/config"
)

// Reload takes the configuration of a process anew when it is sent SIGHUP. One that is
// invalid changes nothing.
type Reload struct {
	read    func() (*config.Config, error)
	running *config.Config
	logs    *Logs
	log     *slog.Logger
	o       *Observation
	hangup  chan os.Signal
}

// NewReload listens for SIGHUP until Stop is called; [Reload.Run] then reads the
// configuration from where the running one was read.
func NewReload(running *config.Config, read func() (*config.Config, error), logs *Logs, log *slog.Logger, o *Observation) *Reload {
	r := &Reload{read: read, running: running, logs: logs, log: log, o: o, hangup: make(chan os.Signal, 1)}
	signal.Notify(r.hangup, syscall.SIGHUP)
	return r
}

// Stop gives SIGHUP back: from now on it ends the process.
func (r *Reload) Stop() { signal.Stop(r.hangup) }

// Run is an actor that reloads at every SIGHUP until ctx ends.
func (r *Reload) Run(ctx context.Context) error {
	for {
		select {
		case <-r.hangup:
			r.reload()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *Reload) reload() {
	next, err := r.read()
	if err != nil {
		r.refuse(err)
		return
	}
	var changed, restart []string
	r.running, changed, restart = r.running.Reload(next)
	r.logs.SetLevel(r.running.Log.Level)
	if len(restart) > 0 {
		r.log.Warn("the configuration needs a restart to take effect", "keys", restart,
			"hint", "restart the process, or take the changes back")
	}
	r.o.reloaded(r.running)
	r.log.Info("the configuration was read anew", "changed", changed)
}

// refuse says what is wrong with a configuration that was read in vain.
func (r *Reload) refuse(err error) {
	r.o.notReloaded()
	problems := []config.Problem{{Wrong: err.Error(), Instead: "start the process with --help"}}
	var invalid *config.Error
	if errors.As(err, &invalid) {
		problems = invalid.Problems
	}
	for _, p := range problems {
		r.log.Error("the configuration is invalid, the old one stays", "where", p.Where, "key", p.Key, "err", p.Wrong,
			"hint", p.Instead)
	}
}
