package lies

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// describe is what a user sees in the end, in words:
//
//	a: 1 2              events stored of a mailbox, by the items' names
//	gap eof a b         gaps announced, by cause
//	regroup CODE a b    requests for new subscriptions
//	stopped, parked, stale, undiscoverable, in the same way
//	foreign 3           events dropped that belong to no one
//	sends X=Y           cookies that streams are opened with
//	waits: REASON       why the group is not read in the end
//	trouble: REASON     what makes the process unready
//	back a b            mailboxes that the honest server reached afterwards; all: back
func (w *world) describe() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := &description{subjects: map[string]map[string]int{}, back: map[string]bool{}, wanted: map[string]bool{}}
	for _, stored := range w.bus.Events() {
		d.event(stored.Event)
	}
	for _, r := range w.regroups {
		for a := range r.Died {
			d.add(string(r.Action)+" "+r.Code, a)
		}
	}
	for _, recorded := range w.bus.Facts() {
		d.fact(recorded.Fact)
	}
	for _, reason := range slices.Sorted(maps.Keys(w.dropped)) {
		d.parts = append(d.parts, fmt.Sprint(reason, " ", w.dropped[reason]))
	}
	d.parts = append(d.parts, w.cookies()...)
	for _, id := range slices.Sorted(maps.Keys(w.states)) {
		if state := w.states[id]; !state.Connected {
			d.parts = append(d.parts, "waits: "+state.Waiting)
		}
	}
	if trouble := w.adapter.Trouble(); trouble != "" {
		d.parts = append(d.parts, "trouble: "+strings.Split(trouble, ";")[0])
	}
	return d.String()
}

// cookies are those that streams were opened with.
func (w *world) cookies() []string {
	var sent []string
	for _, r := range w.server.requests(opStream) {
		if cookie := r.header.Get("Cookie"); cookie != "" && !slices.Contains(sent, "sends "+cookie) {
			sent = append(sent, "sends "+cookie)
		}
	}
	return sent
}

// description gathers what is seen.
type description struct {
	parts    []string
	titles   []string                  // in the order of their first appearance
	subjects map[string]map[string]int // mailboxes by title, with how often
	items    []string                  // of mailboxes, in their order
	back     map[string]bool
	wanted   map[string]bool // mailboxes that have a place
}

func (d *description) add(title string, a messages.Address) {
	if d.subjects[title] == nil {
		d.subjects[title] = map[string]int{}
		d.titles = append(d.titles, title)
	}
	d.subjects[title][name(a)]++
}

func (d *description) event(e messages.Event) {
	a := name(e.Meta().Mailbox)
	switch e := e.(type) {
	case messages.MailboxEvent:
		item := strings.TrimPrefix(e.SubjectID(), a+".")
		switch {
		case item == "back":
			d.back[a] = true
		default:
			d.items = append(d.items, a+": "+item)
		}
	case messages.MailboxGap:
		d.add("gap "+e.Cause, e.Mailbox)
	case messages.MailboxStopped:
		d.add("stopped "+string(e.Reason)+" "+e.Code, e.Mailbox)
	}
}

func (d *description) fact(f messages.Fact) {
	switch f := f.(type) {
	case messages.MailboxParked:
		d.add("parked "+f.Code, f.Mailbox)
	case messages.MailboxStale:
		d.add("stale "+f.Code, f.Mailbox)
	case messages.MailboxUndiscoverable:
		d.add("undiscoverable "+f.Code, f.Mailbox)
	case messages.MailboxDiscovered:
		d.wanted[name(f.Mailbox)] = true
	case messages.GroupSubscribed:
		for a := range f.Subscriptions {
			d.wanted[name(a)] = true
		}
	}
}

// String joins what is seen: events, then what is told of mailboxes, then of the process.
func (d *description) String() string {
	var parts []string
	slices.SortStableFunc(d.items, func(a, b string) int { return cmp.Compare(a[:1], b[:1]) })
	var run []string // of a mailbox
	for i, item := range d.items {
		if i > 0 && item[:2] == d.items[i-1][:2] {
			run = append(run, item[3:])
			continue
		}
		parts = append(parts, inShort(run)...)
		run = []string{item}
	}
	parts = append(parts, inShort(run)...)
	for _, title := range d.titles {
		words := []string{strings.TrimSpace(title)}
		for _, a := range slices.Sorted(maps.Keys(d.subjects[title])) {
			if n := d.subjects[title][a]; n > 1 {
				a += fmt.Sprint("×", n)
			}
			words = append(words, a)
		}
		parts = append(parts, strings.Join(words, " "))
	}
	parts = append(parts, d.parts...)
	switch {
	case len(d.back) == len(d.wanted) && len(d.back) > 0:
		parts = append(parts, "back")
	case len(d.back) > 0:
		parts = append(parts, "back "+strings.Join(slices.Sorted(maps.Keys(d.back)), " "))
	}
	return strings.Join(parts, "; ")
}

// inShort is a run of items in words; of many only the first and the last.
func inShort(run []string) []string {
	switch n := len(run); {
	case n == 0:
		return nil
	case n > 20:
		run = []string{run[0], fmt.Sprint("(", n, ")"), run[n-1]}
	}
	return []string{strings.Join(run, " ")}
}

// sound holds what is stored against what is promised whatever a server does.
func (w *world) sound() {
	w.t.Helper()
	ids := map[string]bool{}
	last := map[messages.Address]messages.EventMeta{}
	foreign := 0
	for _, stored := range w.bus.Events() {
		e, meta := stored.Event, stored.Event.Meta()
		if id := messages.MsgID(e); ids[id] {
			w.t.Errorf("%s is stored twice", id)
		} else {
			ids[id] = true
		}
		if _, opens := e.(messages.MailboxStreaming); opens {
			last[meta.Mailbox] = meta
			continue
		}
		if before := last[meta.Mailbox]; meta.Epoch != before.Epoch || meta.Sequence != before.Sequence+1 {
			w.t.Errorf("%s: %d-%d follows %d-%d", meta.Mailbox, meta.Epoch, meta.Sequence, before.Epoch, before.Sequence)
		}
		last[meta.Mailbox] = meta
		if item, ok := e.(messages.MailboxEvent); ok && strings.HasSuffix(item.SubjectID(), ".back") && meta.Time.Before(begin) {
			w.t.Errorf("%s happened at %s, which Exchange did not say", item.SubjectID(), meta.Time)
		}
		if item, ok := e.(messages.MailboxEvent); ok && !strings.HasPrefix(item.SubjectID(), name(meta.Mailbox)+".") {
			if foreign++; foreign <= w.lie.foreign {
				continue
			}
			w.t.Errorf("%s of %q is stored for %s", item.Event, item.SubjectID(), meta.Mailbox)
		}
		if gap, ok := e.(messages.MailboxGap); ok && (gap.From.After(gap.To) || future(gap.To)) {
			w.t.Errorf("%s: a gap from %s to %s", meta.Mailbox, gap.From, gap.To)
		}
		if future(meta.Time) || meta.Time.Year() < 1970 {
			w.t.Errorf("%s of %s happens at %s", e.Kind().Type(), meta.Mailbox, meta.Time)
		}
	}
	if moment := begin.Add(w.lie.lost); w.lie.lost > 0 && !w.announced(moment) {
		w.t.Errorf("no gap of a holds %s, when nothing was read", moment)
	}
	for _, group := range []messages.GroupID{"g", "h"} {
		if record, _, err := w.bus.Coverage(w.t.Context(), group); err != nil || future(record.Until) {
			w.t.Errorf("%s is covered until %s: %v", group, record.Until, err)
		}
	}
	w.storable()
	if w.plain > 0 {
		w.t.Errorf("%d connections were made without TLS", w.plain)
	}
}

// begin is when time begins in a bubble.
var begin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// announced reports whether a gap of a holds a moment.
func (w *world) announced(at time.Time) bool {
	for _, stored := range w.bus.Events() {
		gap, ok := stored.Event.(messages.MailboxGap)
		if ok && name(gap.Mailbox) == "a" && !gap.From.After(at) && !gap.To.Before(at) {
			return true
		}
	}
	return false
}

// future reports whether a time is still to come. The clocks of servers may differ.
func future(at time.Time) bool {
	return at.After(time.Now().Add(messages.GapUncertainty * time.Second))
}

// largest is what NATS takes in one message unless told otherwise.
const largest = 1 << 20

// storable fails the test if a fact would not fit into a message, or says what cannot be.
func (w *world) storable() {
	w.t.Helper()
	for _, recorded := range w.bus.Facts() {
		if g, ok := recorded.Fact.(messages.GroupSubscribed); ok {
			for a, s := range g.Subscriptions {
				if s.Since.Before(begin) {
					w.t.Errorf("%s is subscribed since %s", a, s.Since)
				}
			}
		}
		m, err := messages.EncodeFact(messages.Subjects{Prefix: messages.DefaultPrefix}, recorded.Fact)
		size := len(m.Data)
		for name, values := range m.Header {
			size += len(name) + len(strings.Join(values, ""))
		}
		if err != nil || size > largest/4 {
			w.t.Errorf("%s has %d bytes: %v", recorded.Fact.Type(), size, err)
		}
	}
}
