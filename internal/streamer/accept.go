package streamer

import (
	"cmp"
	"context"
	"maps"
	"slices"
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
	w.group.Subscriptions, w.group.Left = nil, nil // the members have them
	var stopped []messages.Event
	for _, a := range slices.Sorted(maps.Keys(w.members)) {
		m := w.members[a]
		if subscription, stays := u.Subscriptions[a]; stays && subscription.ID == m.subscription.ID {
			continue
		}
		if m.streams() {
			why := w.leftBecause(u, m)
			if why.Code == codeTwin {
				m.freeze(m.opened, why.Code)
			}
			stopped = append(stopped, w.stoppedEvent(m, why))
		}
		m.gone = true
		delete(w.members, a)
	}
	for a, subscription := range u.Subscriptions {
		if _, known := w.members[a]; !known {
			w.serves = nil
			w.members[a] = &member{mailbox: a, subscription: subscription}
		}
	}
	w.breaker.Follow(u.Subscriptions[u.Anchor].ID, len(u.Subscriptions))
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
	if why, ok := u.left[m.mailbox]; ok {
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
		stopped.Subscription = m.subscription.ID
	}
	return stopped
}

// meta is the common part of a lifecycle event of an open epoch.
func (w *worker) meta(m *member, at time.Time) messages.EventMeta {
	return messages.EventMeta{
		Mailbox: m.mailbox, Group: w.group.Group, Generation: w.group.Generation,
		Time: at.UTC(), Recorded: time.Now(), Epoch: m.epoch, Sequence: m.next(),
	}
}
