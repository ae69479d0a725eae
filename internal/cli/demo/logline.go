package demo

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// logHandler shows what the stages log from level info on as news: breakers,
// regroup requests, new generations.
func (s *state) logHandler() slog.Handler { return &newsHandler{state: s} }

type newsHandler struct {
	state *state
	stage string
}

// shown are the attributes worth a place in a line of news, in their order.
var shown = []string{"stream", "group", "generation", "revision", "mailboxes", "verdict", "action", "code", "rediscovered", "reason", "wait", "err"}

func (h *newsHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

func (h *newsHandler) Handle(_ context.Context, r slog.Record) error {
	values := map[string]string{}
	r.Attrs(func(a slog.Attr) bool {
		values[a.Key] = a.Value.String()
		return true
	})
	parts := []string{fmt.Sprintf("%-10s %s", h.stage, r.Message)}
	for _, key := range shown {
		if v := values[key]; v != "" && v != "0" && v != "0s" {
			parts = append(parts, key+"="+v)
		}
	}
	h.state.say(strings.Join(parts, " "))
	return nil
}

func (h *newsHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	for _, a := range attrs {
		if a.Key == "stage" {
			next.stage = a.Value.String()
		}
	}
	return &next
}

func (h *newsHandler) WithGroup(string) slog.Handler { return h }
