package streamer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// skew is how far Exchange's clock is ahead of ours: whatever is told in
// Exchange's time must not be ours.
const skew = 7 * time.Minute

func exchangeNow() time.Time { return time.Now().Add(skew) }

// What the older of two streams with one subscription is told.
var (
	saysNothing        = []Envelope(nil)
	saysTaken          = []Envelope{{Faults: []*ewsaffinity.Fault{inBand(codeTaken)}}}
	saysTakenAndCloses = []Envelope{{Faults: []*ewsaffinity.Fault{inBand(codeTaken)}, Closed: true}}
	saysClosed         = []Envelope{{Closed: true}}
)

// fakeExchange opens streams that say what a test tells them.
type fakeExchange struct {
	mu      sync.Mutex
	calls   []openCall
	answers []answer // to the next openings; without one a stream opens
	goodbye []Envelope
	beats   time.Duration // a silent stream says a heartbeat this often; zero: never
}

type openCall struct {
	at     time.Time
	place  messages.Place
	ids    []messages.SubscriptionID // in order
	stream *fakeStream               // nil: none opened
}

// answer is what becomes of one opening.
type answer struct {
	fault    *ewsaffinity.Fault // instead of a stream
	takes    time.Duration      // until the stream is open
	late     time.Duration      // until it brings its first envelope
	first    Envelope           // what it opens with
	broken   *ewsaffinity.Fault // instead of the first envelope
	dies     *ewsaffinity.Fault // right after it
	closes   bool               // in order, right after it
	dateless bool
}

func (x *fakeExchange) Open(ctx context.Context, place messages.Place, ids []messages.SubscriptionID) (Stream, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var a answer
	if len(x.answers) > 0 {
		a, x.answers = x.answers[0], x.answers[1:]
	}
	call := openCall{at: time.Now(), place: place, ids: slices.Sorted(slices.Values(ids))}
	i := len(x.calls)
	x.calls = append(x.calls, call)
	if err := x.wait(ctx, a.takes); err != nil {
		return nil, err
	}
	if a.fault != nil {
		return nil, a.fault
	}
	s := &fakeStream{ids: call.ids, opened: exchangeNow(), beats: x.beats, changed: make(chan struct{})}
	if a.dateless {
		s.opened = time.Time{}
	}
	s.stop = context.AfterFunc(ctx, func() { s.end(ctx.Err()) })
	if a.broken != nil {
		s.breakOff(a.broken)
	} else {
		s.sayIn(a.late, a.first)
	}
	switch {
	case a.dies != nil:
		s.breakOff(a.dies)
	case a.closes:
		s.say(Envelope{Closed: true})
	}
	for _, older := range x.calls[:i] {
		if older.stream.shares(s) {
			older.stream.say(x.goodbye...)
		}
	}
	x.calls[i].stream = s
	return s, nil
}

// wait lets an opening take its time. The lock is held, and free meanwhile.
func (x *fakeExchange) wait(ctx context.Context, d time.Duration) error {
	x.mu.Unlock()
	defer x.mu.Lock()
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer says what becomes of the next openings, one after the other.
func (x *fakeExchange) answer(answers ...answer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.answers = append(x.answers, answers...)
}

// opened are the openings so far, those that failed too.
func (x *fakeExchange) opened() []openCall {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.calls)
}

// newest is the newest stream that carries the subscription.
func (x *fakeExchange) newest(id messages.SubscriptionID) *fakeStream {
	for _, call := range slices.Backward(x.opened()) {
		if call.stream != nil && slices.Contains(call.ids, id) {
			return call.stream
		}
	}
	return nil
}

var errClosed = errors.New("the stream was closed")

// fakeStream is a script: envelopes and an end, each at a time.
type fakeStream struct {
	ids    []messages.SubscriptionID
	opened time.Time
	beats  time.Duration
	stop   func() bool

	mu      sync.Mutex
	script  []line
	read    int   // envelopes taken
	over    error // why Next returns no more
	changed chan struct{}
}

type line struct {
	at       time.Time
	envelope Envelope
	end      error
}

func (s *fakeStream) Opened() time.Time { return s.opened }

func (s *fakeStream) Next() (Envelope, error) {
	asked := time.Now()
	for {
		next, wait, changed := s.next(asked)
		if wait <= 0 {
			return next.envelope, next.end
		}
		select {
		case <-time.After(wait):
		case <-changed:
		}
	}
}

// next takes the line that is due, or tells how long to wait for it.
func (s *fakeStream) next(asked time.Time) (line, time.Duration, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := line{at: asked.Add(s.beats)}
	switch {
	case s.over != nil:
		return line{end: s.over}, 0, nil
	case len(s.script) > 0:
		due = s.script[0]
	case s.beats == 0:
		due.at = asked.Add(1000 * time.Hour)
	}
	if wait := time.Until(due.at); wait > 0 {
		return line{}, wait, s.changed
	}
	if len(s.script) > 0 {
		s.script = s.script[1:]
	}
	s.read++
	if s.over = due.end; due.envelope.Closed {
		s.over = errClosed
	}
	return due, 0, nil
}

func (s *fakeStream) Close() error {
	s.stop()
	s.end(errClosed)
	return nil
}

func (s *fakeStream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over == nil {
		s.over = err
		s.wake()
	}
}

func (s *fakeStream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *fakeStream) add(lines ...line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, lines...)
	s.wake()
}

// say makes the stream bring envelopes now; without one nothing.
func (s *fakeStream) say(envelopes ...Envelope) { s.sayIn(0, envelopes...) }

// sayIn makes it bring them in a while.
func (s *fakeStream) sayIn(d time.Duration, envelopes ...Envelope) {
	for _, e := range envelopes {
		s.add(line{at: time.Now().Add(d), envelope: e})
	}
}

// breakOff makes it end without a goodbye, after what it said.
func (s *fakeStream) breakOff(fault *ewsaffinity.Fault) {
	s.add(line{at: time.Now(), end: fault})
}

// isOver reports whether the stream ended or was closed.
func (s *fakeStream) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over != nil
}

// taken counts the envelopes that were read.
func (s *fakeStream) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read
}

func (s *fakeStream) shares(other *fakeStream) bool {
	return s != nil && !s.isOver() && slices.ContainsFunc(s.ids, func(id messages.SubscriptionID) bool {
		return slices.Contains(other.ids, id)
	})
}

// heartbeat is an envelope without content.
var heartbeat = Envelope{}

// inBand is a fault as the stream brings it. Without ids all are in doubt.
func inBand(code ewsaffinity.Code, died ...messages.SubscriptionID) *ewsaffinity.Fault {
	return &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: code, Text: "in the server's words", Died: died}
}

// faulty is an envelope that brings a fault.
func faulty(code ewsaffinity.Code, died ...messages.SubscriptionID) Envelope {
	return Envelope{Faults: []*ewsaffinity.Fault{inBand(code, died...)}}
}

// mail is an envelope with a new mail in the inbox for each item, just arrived.
func mail(id messages.SubscriptionID, items ...string) Envelope {
	return mailAt(exchangeNow(), id, items...)
}

func mailAt(at time.Time, id messages.SubscriptionID, items ...string) Envelope {
	n := Notification{Subscription: id}
	for _, item := range items {
		n.Events = append(n.Events, Notice{
			Name: "NewMailEvent", Kind: messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail},
			Time: at, Item: &messages.Ref{ID: item}, Parent: &messages.Ref{ID: inboxID},
		})
	}
	return Envelope{Notifications: []Notification{n}}
}
