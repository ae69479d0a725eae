package app

import (
	"io"
	"log/slog"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Logs makes the loggers of a process, whose level may change.
type Logs struct {
	format string
	level  slog.LevelVar
	w      io.Writer
}

// NewLogs makes the loggers that a configuration asks for.
func NewLogs(cfg config.Log, w io.Writer) *Logs {
	l := &Logs{format: cfg.Format, w: w}
	l.SetLevel(cfg.Level)
	return l
}

// SetLevel changes the level of all of them.
func (l *Logs) SetLevel(name string) { l.level.Set(level(name)) }

// Of is a logger with stage in every record.
func (l *Logs) Of(stage string) *slog.Logger {
	options := &slog.HandlerOptions{Level: &l.level, ReplaceAttr: replace}
	var handler slog.Handler = slog.NewJSONHandler(l.w, options)
	if l.format == "text" {
		handler = slog.NewTextHandler(l.w, options)
	}
	return slog.New(handler).With("stage", stage)
}

// NewLogger makes the logger that a configuration asks for; stage is in every record.
func NewLogger(cfg config.Log, stage string, w io.Writer) *slog.Logger {
	return NewLogs(cfg, w).Of(stage)
}

func level(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	return slog.LevelInfo
}

// fields are the names that the log has for what the packages call otherwise.
var fields = map[string]string{slog.TimeKey: "ts", "error": "err", "code": "ews_code"}

// replace gives fields their names, and keeps addresses and cookies out of the log.
func replace(groups []string, a slog.Attr) slog.Attr {
	if name, ok := fields[a.Key]; ok && len(groups) == 0 {
		a.Key = name
	}
	switch v := a.Value.Any().(type) {
	case time.Duration:
		a.Value = slog.StringValue(v.String()) // the JSON handler would write bare nanoseconds
	case messages.Address:
		a.Value = slog.StringValue(v.Redacted())
	case []messages.Address:
		redacted := make([]string, len(v))
		for i, address := range v {
			redacted[i] = address.Redacted()
		}
		a.Value = slog.AnyValue(redacted)
	case messages.Cookie:
		a.Value = slog.StringValue(v.String())
	}
	return a
}
