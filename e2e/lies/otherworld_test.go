package lies

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// logged keeps what several loggers write.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// impersonating and delegate are how the other server is configured.
func impersonating(c *exchange.Config) { c.URL = ewsURL }

func delegate(c *exchange.Config) {
	c.URL, c.Impersonation, c.Folders = ewsURL, false, []messages.FolderName{messages.FolderInbox}
}

// inOther tells a story of the whole pipeline and the other server. Before it all
// mailboxes are wanted for a minute; after it nothing may have been lost silently.
func inOther(t *testing.T, o *other, l lie, mailboxes []string, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, l)
		w.server.script = o.answer
		w.server.serve()
		w.connect()
		w.start(w.discoverer(mailboxes...), w.subscriber(), w.streamer())
		time.Sleep(time.Minute)
		story(w)
		synctest.Wait()
		w.stop()
		w.running.Wait()
		w.client.CloseIdleConnections()
		w.server.stop()
		w.sound()
		w.nothingSilent(o)
	})
}

// mails delivers one to each mailbox, so many times.
func (o *other) mails(times int, every time.Duration, mailboxes ...string) {
	for range times {
		o.mail(mailboxes...)
		time.Sleep(every)
	}
}

// came is how often an event of a kind is stored of a mailbox, by item or folder.
func (w *world) came(mailbox, event string) map[string]int {
	found := map[string]int{}
	for _, stored := range w.bus.Events() {
		if e, ok := stored.Event.(messages.MailboxEvent); ok && name(e.Mailbox) == mailbox && e.Event == event {
			found[e.SubjectID()]++
		}
	}
	return found
}

// gaps counts those that were announced of a mailbox.
func (w *world) gaps(mailbox string) (count int) {
	for _, stored := range w.bus.Events() {
		if gap, ok := stored.Event.(messages.MailboxGap); ok && name(gap.Mailbox) == mailbox {
			count++
		}
	}
	return count
}

// everyMail fails the test unless each mail of a mailbox came once, without a gap.
func (w *world) everyMail(o *other, mailboxes ...string) {
	w.t.Helper()
	for _, m := range mailboxes {
		created, arrived := w.came(m, "CreatedEvent"), w.came(m, "NewMailEvent")
		var wrong []sentMail
		for _, mail := range o.sent[m] {
			if created[mail.item] != 1 || arrived[mail.item] != 1 {
				wrong = append(wrong, mail)
			}
		}
		if len(wrong) > 0 {
			w.t.Errorf("%d of %d mails of %s did not come once as created and once as new: the first is %s of %s", len(wrong), len(o.sent[m]), m, wrong[0].item, wrong[0].at)
		}
		if n := w.gaps(m); n > 0 {
			w.t.Errorf("%s: %d gaps, want none", m, n)
		}
	}
}

// nothingSilent fails the test if a mail is missing that a consumer was not told of.
func (w *world) nothingSilent(o *other) {
	w.t.Helper()
	for m, mails := range o.sent {
		arrived := w.came(m, "NewMailEvent")
		for _, mail := range mails {
			if arrived[mail.item] == 0 && w.promised(m, mail.at) {
				w.t.Errorf("%s of %s is missing, outside of gaps", mail.item, mail.at)
			}
		}
	}
}

// promised reports whether a moment of a mailbox lies in an epoch, or between two, and
// in no gap.
func (w *world) promised(mailbox string, at time.Time) bool {
	streams, streamed, again := false, false, false
	for _, stored := range w.bus.Events() {
		if name(stored.Event.Meta().Mailbox) != mailbox {
			continue
		}
		switch e := stored.Event.(type) {
		case messages.MailboxGap:
			if !e.From.After(at) && !e.To.Before(at) {
				return false
			}
		case messages.MailboxStreaming:
			if e.Time.After(at) {
				again = true
			} else {
				streams, streamed = true, true
			}
		case messages.MailboxStopped:
			if !e.CoveredUntil.After(at) {
				streams = false
			}
		}
	}
	return streams || streamed && again
}
