package streamer

import (
	"cmp"
	"context"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// codeTwin is why a mailbox lost a subscription that the server gave to another one, too:
// it restarted and counts them anew. Since the last break, what came may be the other's.
const codeTwin = string(ewsaffinity.CodeMalformed)

// accept takes the latest truth of the group. Who left, or has another
// subscription, stops here and now; who is new waits for a connection.
func (w *worker) accept(ctx context.Context, u update) {
	w.group = u.GroupSubscribed
	w.group.Left = nil
	former := len(w.members)
	var left members
	if w.members, left = w.members.take(u.places); len(w.members) > former-len(left) {
		w.serves = nil // somebody is new
	}
	var stopped []messages.Event
	for _, m := range left {
		if m.streams() {
			why := w.leftBecause(u, m)
			if why.Code == codeTwin {
				m.freeze(m.opened.time(), why.Code)
			}
			stopped = append(stopped, w.stoppedEvent(m, why))
		}
		m.gone = true
	}
	var anchor messages.SubscriptionID
	if at, found := u.places.find(u.Anchor); found {
		anchor = u.places.id(at)
	}
	w.breaker.Follow(anchor, len(w.members))
	if len(stopped) == 0 {
		return
	}
	if err := w.storeEvents(stopped); err == nil {
		w.saveCoverage(ctx)
	}
}

// leftBecause says why a mailbox stops. Where nothing is known it counts as
// lost, so that its next epoch announces a gap.
func (w *worker) leftBecause(u update, m *member) messages.Left {
	if why, ok := u.left[m.mailbox()]; ok {
		return why
	}
	return messages.Left{Reason: messages.StopLost, Code: cmp.Or(m.cause(), "replaced")}
}

func (w *worker) stoppedEvent(m *member, why messages.Left) messages.Event {
	covered := w.coveredUntil(m)
	stopped := messages.MailboxStopped{
		EventMeta:    w.meta(m, covered),
		CoveredUntil: covered, Reason: why.Reason, Code: why.Code,
	}
	if why.Reason == messages.StopHandedOver {
		stopped.Subscription = m.id()
	}
	return stopped
}

// meta is the common part of a lifecycle event of an open epoch.
func (w *worker) meta(m *member, at time.Time) messages.EventMeta {
	return messages.EventMeta{
		Mailbox: m.mailbox(), Group: w.group.Group, Generation: w.group.Generation,
		Time: at.UTC(), Recorded: time.Now(), Epoch: m.epoch, Sequence: m.next(),
	}
}
