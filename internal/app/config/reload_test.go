package config

import (
	"slices"
	"testing"
	"time"
)

func TestReload(t *testing.T) {
	tests := map[string]struct {
		change           func(*Config)
		changed, restart []string
	}{
		"nothing":        {func(*Config) {}, nil, nil},
		"the level":      {func(c *Config) { c.Log.Level = "debug" }, []string{"log.level"}, nil},
		"the format":     {func(c *Config) { c.Log.Format = "text" }, nil, []string{"log.format"}},
		"a list":         {func(c *Config) { c.Subscribe.Folders = []string{"inbox"} }, nil, []string{"subscribe.folders"}},
		"the trace":      {func(c *Config) { c.Trace.Only, c.Trace.MaxBytes = []string{"a-1", "b-1"}, 5<<20 }, []string{"trace.only", "trace.maxBytes"}, nil},
		"a reference":    {func(c *Config) { c.Exchange.Account.Password.File = "b" }, nil, []string{"exchange.account.password.file"}},
		"some of each":   {func(c *Config) { c.Log.Level, c.Drain, c.Lease.TTL = "warn", time.Hour, 9 }, []string{"log.level"}, []string{"drain", "lease.ttl"}},
		"where it stood": {func(c *Config) { c.origins = map[string]string{"drain": "b.yaml:3"} }, nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before, next := Default(), Default()
			tt.change(next)
			now, changed, restart := before.Reload(next)
			if !slices.Equal(changed, tt.changed) || !slices.Equal(restart, tt.restart) {
				t.Errorf("have %v changed, %v in need of a restart, want %v and %v", changed, restart, tt.changed, tt.restart)
			}
			if before.Log.Level != "info" || now.Log.Level != next.Log.Level || !slices.Equal(now.Trace.Only, next.Trace.Only) || now.Drain != before.Drain {
				t.Errorf("have %+v, want the live keys of the next and the others of the one before, which stays", now)
			}
			if _, changed, again := now.Reload(next); changed != nil || !slices.Equal(again, restart) {
				t.Errorf("a second time have %v changed, %v in need of a restart, want nothing and %v", changed, again, restart)
			}
		})
	}
}
