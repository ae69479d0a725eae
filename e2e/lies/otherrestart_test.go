package lies

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A server that restarts gives old ids to new subscriptions. With each mailbox as the
// owner of its own, an old id is at most another client's subscription of the mailbox.
func TestOtherServerRestarts(t *testing.T) {
	o := newOther()
	inOther(t, o, lie{configure: impersonating, groups: 1}, five, func(w *world) {
		o.mails(10, 7*time.Second, five...)
		w.restartsUnderMail(o, 8*time.Second, five...)
	})
}

// In delegate mode one account owns all ids, and the group that reopens first gets those
// that the other still believes to hold.
func TestOtherServerReusesIDs(t *testing.T) {
	o := newOther()
	inOther(t, o, lie{configure: delegate, groups: 2}, five[:4], func(w *world) {
		o.mails(10, 7*time.Second, five[:4]...)
		o.delay(20*time.Second, 0)
		w.restartsUnderMail(o, 0, five[:4]...)
		if log := w.logged.String(); !strings.Contains(log, "the server gave the subscription to another mailbox, too") {
			t.Error("the log does not tell of ids given out twice: the case was not met")
		}
	})
}

// What cannot be told: the old id is accepted while the Subscribe that it was given to
// anew is not answered yet. Events of that short while are stored for the wrong mailbox;
// once the answer is known, the mailbox stops, and all of that while is in a gap.
func TestOtherServerReusesIDsUnseen(t *testing.T) {
	o := newOther()
	inOther(t, o, lie{configure: delegate, groups: 1, foreign: 6 * 3}, five[:2], func(w *world) {
		o.mails(10, 7*time.Second, five[:2]...)
		held := o.delay(5*time.Second, 20*time.Second)
		w.restartsUnderMail(o, 0, five[:2]...)
		var wrong int
		for item := range w.came(held, "NewMailEvent") {
			if item[:1] != held {
				wrong++
			}
		}
		if wrong == 0 {
			t.Error("no mail came as another's: the case was not met")
		}
		t.Logf("%d mails of another came as %s's", wrong, held)
	})
}

// delay has Subscribe answered late, and streams begin late of whoever holds the first
// id, which will be given out first again.
func (o *other) delay(stream, subscribe time.Duration) (holder string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := otherID(1)
	o.late = func(r *request) time.Duration {
		switch {
		case r.op == opSubscribe:
			return subscribe
		case r.op == opStream && slices.Contains(r.ids, first):
			return stream
		}
		return 0
	}
	return o.subscriptions[first].mailbox
}

// restartsUnderMail restarts the server while mails come. Each mailbox has a gap then,
// and gets its mail again.
func (w *world) restartsUnderMail(o *other, away time.Duration, mailboxes ...string) {
	w.t.Helper()
	go o.restart(away)
	o.mails(60, 3*time.Second, mailboxes...)
	time.Sleep(10 * time.Minute)
	o.mail(mailboxes...)
	time.Sleep(time.Minute)
	for _, m := range mailboxes {
		if w.gaps(m) == 0 {
			w.t.Errorf("no gap of %s", m)
		}
		if last := o.sent[m][len(o.sent[m])-1]; w.came(m, "NewMailEvent")[last.item] != 1 {
			w.t.Errorf("%s of %s is missing, long after the restart", last.item, last.at)
		}
	}
}
