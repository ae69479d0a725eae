package app

import (
	"log/slog"
	"sync"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// maxLoginHosts is of how many hosts it is remembered how the last login ended.
const maxLoginHosts = 1000

// loginLog writes a line whenever logins to a host end differently from the one before.
type loginLog struct {
	log  *slog.Logger
	mu   sync.Mutex
	last map[string]string // by host
}

func (l *loginLog) observe(o httpauth.Observation) {
	if !l.changed(o.Host, o.Scheme+" "+string(o.Outcome)+" "+o.Hint()) {
		return
	}
	log := l.log.With("host", o.Host, "scheme", o.Scheme, "outcome", string(o.Outcome), "channel_binding", o.Binding != nil)
	switch o.Outcome {
	case httpauth.Accepted, httpauth.NotAsked:
		log.Info("logged in to Exchange")
	case httpauth.Failed:
		log.Warn("login to Exchange failed", "err", o.Err)
	default:
		log.Warn("Exchange refused the login", "offered", o.Offered, "err", o.Err, "hint", o.Hint())
	}
}

func (l *loginLog) changed(host, state string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last[host] == state {
		return false
	}
	if l.last == nil || len(l.last) >= maxLoginHosts {
		l.last = map[string]string{}
	}
	l.last[host] = state
	return true
}
