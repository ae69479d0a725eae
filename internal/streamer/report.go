package streamer

import (
	"cmp"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// reportEvery is how often a group's state is told at most, unless it connects or
// is another's.
const reportEvery = time.Second

// reports is what a worker tells of its group.
type reports struct {
	to       Observer
	progress time.Time // of the last envelope that is stored
	told     GroupState
	at       time.Time
	ended    string // why the last connection ended
}

// report tells the state of the group, when it changed or some time has passed.
func (w *worker) report(now time.Time) {
	r := &w.reports
	state := GroupState{
		Group: w.id, Owned: w.role.Part == lease.Owner, Connected: w.current != nil && !w.role.Suspended,
		Progress: r.progress, Waiting: w.waiting(),
	}
	if r.told.Owned == state.Owned && r.told.Connected == state.Connected && r.told.Waiting == state.Waiting && now.Sub(r.at) < reportEvery {
		return
	}
	state.Members = len(w.members)
	for _, m := range w.members {
		if m.streams() {
			state.Streaming++
		}
		if m.frozen != nil {
			state.Gaps++
		}
	}
	r.told, r.at = state, now
	r.to.Group(state)
}

// waiting names why the group is not read; empty: it is.
func (w *worker) waiting() string {
	switch {
	case w.role.Part == lease.Successor:
		return "the owner streams it"
	case w.role.Suspended:
		return "ownership is being verified"
	case w.current != nil:
		return ""
	case len(w.members) == 0:
		return "no members"
	case w.opening:
		return "a connection is being opened"
	case w.notUntil.After(time.Now()):
		return "Exchange is left alone"
	}
	return "subscriptions or facts are missing"
}

// gone tells that this process has nothing more to do with the group.
func (r *reports) gone(id messages.GroupID) { r.to.GroupGone(id) }

// reconnected tells that a connection is open, and why there is a new one.
func (r *reports) reconnected(first string) {
	r.to.Reconnected(cmp.Or(r.ended, first))
	r.ended = ""
}
