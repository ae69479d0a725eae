package lies

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

var five = []string{"a", "b", "c", "d", "e"}

// Each mailbox in a group of its own, impersonated in everything about it; f may not be.
func TestOtherServerImpersonating(t *testing.T) {
	o := newOther()
	o.denies = "f"
	inOther(t, o, lie{configure: impersonating, groups: 1}, append([]string{"f"}, five...), func(w *world) {
		o.mails(60, time.Minute, five...)
		o.mails(60, 0, "a") // more than one message takes
		time.Sleep(time.Minute)
		w.everyMail(o, five...)
		owners := map[string]string{}
		for _, r := range w.server.requests(opStream) {
			if len(r.ids) != 1 || owners[r.ids[0]] != "" && owners[r.ids[0]] != r.as {
				t.Errorf("a stream of %v as %q, after %v", r.ids, r.as, owners)
			}
			owners[r.ids[0]] = r.as
		}
		if n := len(w.server.requests(opStream)); n != 3*len(five) || len(owners) != len(five) {
			t.Errorf("%d streams of %d subscriptions, want 3 of each of %d: two were renewed", n, len(owners), len(five))
		}
		if n := w.came("a", "ModifiedEvent")[folderOf("a", "inbox")]; n != len(o.sent["a"]) {
			t.Errorf("%d changes of the inbox of a, want %d", n, len(o.sent["a"]))
		}
		w.parked(t, "ErrorImpersonateUserDenied", "f")
		w.withdrawE(t, o, "e")
	})
}

// One account owns all, and each subscription says whose inbox it is of. e joins a stream
// that is open: the newer one takes its subscriptions, which the older takes for an end.
func TestOtherServerDelegate(t *testing.T) {
	o := newOther()
	inOther(t, o, lie{configure: delegate}, five[:4], func(w *world) {
		w.want(five...)
		o.mails(300, 100*time.Millisecond, five[:4]...)
		o.mails(60, time.Minute, five...)
		o.read("b")
		time.Sleep(time.Minute)
		w.everyMail(o, five...)
		var sizes []int
		for _, r := range w.server.requests(opStream) {
			if sizes = append(sizes, len(r.ids)); r.as != "" {
				t.Errorf("a stream as %q, want the account itself", r.as)
			}
		}
		if !slices.Equal(sizes, []int{4, 5, 5, 5}) {
			t.Errorf("streams of %v, want one of 4, another when e joins, and two that renew it", sizes)
		}
		changes := w.came("b", "ModifiedEvent")
		if n := changes[folderOf("b", "inbox")]; n != len(o.sent["b"])+1 || len(changes) != 1 {
			t.Errorf("changes of b: %v, want %d of its inbox alone", changes, len(o.sent["b"])+1)
		}
		w.withdrawE(t, o, "")
	})
}

// withdrawE takes e off the list: its subscription is ended by who made it.
func (w *world) withdrawE(t *testing.T, o *other, as string) {
	t.Helper()
	w.want("a", "b", "c", "d")
	time.Sleep(time.Minute)
	ends := w.server.requests(opUnsubscribe)
	if len(ends) != 1 || ends[0].as != as {
		t.Errorf("Unsubscribe: have %+v, want one as %q", ends, as)
	}
	o.mu.Lock()
	for id, s := range o.subscriptions {
		if s.mailbox == "e" {
			t.Errorf("%s of e is still there", id)
		}
	}
	o.mu.Unlock()
	o.mail(five[:4]...)
	time.Sleep(time.Minute)
	w.everyMail(o, five[:4]...)
}

// parked fails the test unless those and no others were parked, for one reason.
func (w *world) parked(t *testing.T, code string, mailboxes ...string) {
	t.Helper()
	found := map[string]bool{}
	for _, recorded := range w.bus.Facts() {
		if p, ok := recorded.Fact.(messages.MailboxParked); ok {
			if found[name(p.Mailbox)] = true; p.Code != code {
				t.Errorf("%s is parked for %s, want %s", name(p.Mailbox), p.Code, code)
			}
		}
	}
	for _, m := range mailboxes {
		if !found[m] {
			t.Errorf("%s is not parked", m)
		}
	}
	if len(found) != len(mailboxes) {
		t.Errorf("parked: %v, want %v", found, mailboxes)
	}
}

// Groups of many while each mailbox owns its subscription are the wrong setting: no
// stream of several is served. That is told, and the server is not pestered. a streams
// alone until the others join it.
func TestOtherServerWrongSetting(t *testing.T) {
	o := newOther()
	inOther(t, o, lie{configure: impersonating}, five[:1], func(w *world) {
		o.mails(30, time.Minute, "a")
		w.everyMail(o, "a")
		w.want(five...)
		o.mails(12*12, 5*time.Minute, five...)
		w.parked(t, "ErrorInvalidSubscription", five...)
		if d := w.describe(); !strings.Contains(d, "stopped lost ErrorInvalidSubscription a") {
			t.Errorf("a is not told to have stopped: %s", d)
		}
		streams, subscribes := len(w.server.requests(opStream)), len(w.server.requests(opSubscribe))
		if streams > 60 || subscribes > 60*len(five) {
			t.Errorf("in 12 h %d streams and %d Subscribe, want at most 60 rounds", streams, subscribes)
		}
		if log := w.logged.String(); !strings.Contains(log, "groups.size") {
			t.Error("no hint in the log names groups.size")
		}
	})
}
