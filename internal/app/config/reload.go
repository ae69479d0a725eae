package config

import "strings"

// live reports whether a key takes effect while a process runs.
func live(key string) bool { return key == "log.level" || strings.HasPrefix(key, "trace.") }

// Reload is the configuration of a process that runs by c and has read next: keys
// that can change while it runs are as next has them, all others as they were. It
// names the keys that changed, and those that differ and need a restart.
func (c *Config) Reload(next *Config) (now *Config, changed, restart []string) {
	running := *c
	wanted := next.settings()
	for i, s := range running.settings() {
		text := wanted[i].value.show()
		if s.value.show() == text {
			continue
		}
		if !live(s.key) || s.value.set(text) != nil {
			restart = append(restart, s.key)
			continue
		}
		changed = append(changed, s.key)
	}
	return &running, changed, restart
}
