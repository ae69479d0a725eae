package jetbus

import (
	"context"
	"log/slog"
	"sync"
)

// trouble is the named reason why a lane stores nothing. The log gets a line when
// it changes.
type trouble struct {
	log *slog.Logger

	mu      sync.Mutex
	current string
}

func (t *trouble) name() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current
}

func (t *trouble) set(name string, err error) {
	if !t.change(name) {
		return
	}
	level, hint := adviceOn(name)
	t.log.Log(context.Background(), level, "publishing waits", "trouble", name, "error", err, "hint", hint)
}

func (t *trouble) clear() {
	if t.change("") {
		t.log.Info("publishing goes on")
	}
}

func (t *trouble) change(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	changed := t.current != name
	t.current = name
	return changed
}
