package lies

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// other is an EWS server that is not Exchange, after what an independent one was seen
// to do: subscriptions belong to whoever is impersonated, are numbered anew at every
// start, and those of named folders bring no changes of items.
type other struct {
	denies string                       // the mailbox that may not be impersonated
	late   func(*request) time.Duration // how late a stream begins, or a Subscribe is answered; nil: never

	mu            sync.Mutex
	made          uint32 // subscriptions since the start
	subscriptions map[string]*otherSubscription
	sent          map[string][]sentMail // by mailbox
	down          bool
}

type otherSubscription struct {
	owner   string // who made it: the mailbox that was impersonated, or the account
	mailbox string
	folders []string // none: all
	waiting []string // events
	reader  *otherStream
	idle    time.Time // since when it has no reader
}

type otherStream struct {
	good, bad []string
	woken     chan struct{} // of one slot
	end       chan act      // of one slot: how it ends early
}

type sentMail struct {
	item string
	at   time.Time
}

// The server's own times.
const (
	otherBeat = 45 * time.Second
	otherLife = 5 * time.Minute // of a subscription without reader
	otherMany = 50              // most events of one notification
)

// account is who calls without impersonation.
const account = "svc"

func newOther() *other {
	return &other{subscriptions: map[string]*otherSubscription{}, sent: map[string][]sentMail{}}
}

func (r *request) caller() string  { return cmp.Or(r.as, account) }
func (r *request) mailbox() string { return cmp.Or(r.of, r.as, account) }

// answer is the server's script.
func (o *other) answer(r *request) []act {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.down:
		return []act{cut}
	case r.as != "" && r.as == o.denies:
		return otherFault("ErrorImpersonateUserDenied")
	}
	var late time.Duration
	if o.late != nil {
		late = o.late(r)
	}
	switch r.op {
	case opFolders:
		var contents []string
		for _, name := range r.folders {
			contents = append(contents, code("NoError")+`<m:Folders><t:Folder><t:FolderId Id="`+folderOf(r.mailbox(), name)+`"/></t:Folder></m:Folders>`)
		}
		return otherReply(otherAnswer(r.op, "Success", contents...))
	case opSubscribe:
		id := o.subscribe(r.caller(), r.mailbox(), r.folders)
		return append([]act{wait(late)}, otherReply(otherAnswer(r.op, "Success", code("NoError")+"<m:SubscriptionId>"+id+"</m:SubscriptionId>"))...)
	case opUnsubscribe:
		s := o.live(r.ids[0], r.caller())
		if s == nil {
			return otherReply(otherAnswer(r.op, "Error", code("ErrorSubscriptionNotFound")))
		}
		delete(o.subscriptions, r.ids[0])
		s.end(otherGoodbye)
		return otherReply(otherAnswer(r.op, "Success", code("NoError")))
	}
	return []act{wait(late), o.stream}
}

func folderOf(mailbox, name string) string { return mailbox + ".folder/" + name }

// otherID is a number, and the life of a subscription in minutes.
func otherID(number uint32) string {
	raw := binary.LittleEndian.AppendUint32(nil, number)
	return base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint32(raw, uint32(otherLife/time.Minute)))
}

func (o *other) subscribe(owner, mailbox string, folders []string) string {
	o.made++
	id := otherID(o.made)
	o.subscriptions[id] = &otherSubscription{owner: owner, mailbox: mailbox, folders: folders, idle: time.Now()}
	return id
}

// live is a subscription of a caller's; nil: none.
func (o *other) live(id, caller string) *otherSubscription {
	s := o.subscriptions[id]
	if s == nil || s.owner != caller || s.reader == nil && time.Since(s.idle) > otherLife {
		return nil
	}
	return s
}

// end ends the stream that reads a subscription.
func (s *otherSubscription) end(how act) {
	if s.reader == nil {
		return
	}
	select {
	case s.reader.end <- how:
	default:
	}
	s.reader = nil
}

// attach takes over the subscriptions that a stream names.
func (o *other) attach(r *request) *otherStream {
	o.mu.Lock()
	defer o.mu.Unlock()
	st := &otherStream{woken: make(chan struct{}, 1), end: make(chan act, 1)}
	for _, id := range r.ids {
		s := o.live(id, r.caller())
		if s == nil {
			st.bad = append(st.bad, id)
			continue
		}
		s.end(otherGoodbye)
		s.reader = st
		st.good = append(st.good, id)
	}
	return st
}

func (o *other) detach(st *otherStream) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.subscriptions {
		if s.reader == st {
			s.reader, s.idle = nil, time.Now()
		}
	}
}

// stream answers GetStreamingEvents. What waited already comes with the first beat.
// One that names a bad subscription is said to be closed, and goes on with the good.
func (o *other) stream(c *conn) error {
	c.chunked = true
	minutes, err := strconv.Atoi(c.request.timeout)
	if err != nil {
		return fmt.Errorf("a ConnectionTimeout of %q", c.request.timeout)
	}
	until := time.Now().Add(time.Duration(minutes) * time.Minute)
	st := o.attach(c.request)
	defer o.detach(st)
	status := "OK"
	if len(st.bad) > 0 {
		status = "Closed"
	}
	if err := again(1, raw("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"),
		say(declaration+otherMessage(st.bad, status, "")))(c); err != nil {
		return err
	}
	gone := make(chan struct{})
	c.server.serving.Go(func() { defer close(gone); _, _ = io.Copy(io.Discard, c) })
	for {
		select {
		case <-st.woken:
		case <-time.After(otherBeat):
		case how := <-st.end:
			return again(1, how, cut)(c)
		case <-gone:
			return errOver
		}
		if !time.Now().Before(until) {
			return o.goodbye(c, st)
		}
		for more := true; more; {
			var told string
			if told, more = o.take(st); say(otherMessage(st.bad, "OK", told))(c) != nil {
				return errOver
			}
		}
	}
}

// goodbye is told twice. A mail comes right before the first, and one between the two.
func (o *other) goodbye(c *conn, st *otherStream) error {
	o.mailAll(st)
	told, _ := o.take(st)
	if err := say(otherMessage(st.bad, "Closed", told))(c); err != nil {
		return err
	}
	o.mailAll(st)
	return again(1, otherGoodbye, finish, cut)(c)
}

// otherGoodbye is also what a stream is told whose subscription another one took, or
// that was unsubscribed.
func otherGoodbye(c *conn) error { return say(otherMessage(nil, "Closed", ""))(c) }

// take takes what waits for a stream: at most so many events of each subscription.
func (o *other) take(st *otherStream) (told string, more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range st.good {
		s := o.subscriptions[id]
		if s == nil || s.reader != st {
			continue
		}
		n := min(otherMany, len(s.waiting))
		told += otherNotification(id, s.waiting[:n], n < len(s.waiting))
		s.waiting = s.waiting[n:]
		more = more || len(s.waiting) > 0
	}
	return told, more
}

// mailAll delivers a mail to every mailbox of a stream.
func (o *other) mailAll(st *otherStream) {
	o.mu.Lock()
	var mailboxes []string
	for _, id := range st.good {
		if s := o.subscriptions[id]; s != nil {
			mailboxes = append(mailboxes, s.mailbox)
		}
	}
	o.mu.Unlock()
	o.mail(mailboxes...)
}

// mail delivers a mail to the inbox of each.
func (o *other) mail(mailboxes ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range mailboxes {
		item, inbox := fmt.Sprintf("%s.%d+/=", m, len(o.sent[m])+1), folderOf(m, "inbox")
		o.sent[m] = append(o.sent[m], sentMail{item, time.Now()})
		o.happens(m, func(bool) []string {
			return []string{otherEvent("CreatedEvent", item, inbox), otherEvent("ModifiedEvent", "", inbox), otherEvent("NewMailEvent", item, inbox)}
		})
	}
}

// read marks a mail of the inbox as read.
func (o *other) read(mailbox string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	inbox := folderOf(mailbox, "inbox")
	o.happens(mailbox, func(all bool) []string {
		events := []string{otherEvent("ModifiedEvent", "", inbox)}
		if all {
			events = append([]string{otherEvent("ModifiedEvent", mailbox+".1+/=", inbox)}, events...)
		}
		return events
	})
}

// happens queues what happens in an inbox, to each subscription by its kind.
func (o *other) happens(mailbox string, events func(all bool) []string) {
	for id, s := range o.subscriptions {
		if o.live(id, s.owner) == nil {
			delete(o.subscriptions, id)
			continue
		}
		if s.mailbox != mailbox || len(s.folders) > 0 && !slices.Contains(s.folders, string(messages.FolderInbox)) {
			continue
		}
		s.waiting = append(s.waiting, events(len(s.folders) == 0)...)
		if s.reader != nil {
			select {
			case s.reader.woken <- struct{}{}:
			default:
			}
		}
	}
}

// restart ends everything without a word; the server is away for a while.
func (o *other) restart(away time.Duration) {
	o.mu.Lock()
	for _, s := range o.subscriptions {
		s.end(cut)
	}
	o.subscriptions, o.made, o.down = map[string]*otherSubscription{}, 0, true
	o.mu.Unlock()
	time.Sleep(away)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = false
}
