package streamer

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/internal/breaker"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// told sees to a fault that came in-band.
func (w *worker) told(ctx context.Context, c *connection, fault *ewsaffinity.Fault) {
	if fault.Code == codeTaken {
		w.tookAway(ctx)
		return
	}
	concerned := w.concerned(c, fault)
	if len(concerned) == 0 {
		w.toldOfOthers(c, fault)
		return
	}
	row := ewsaffinity.Recover(fault.Op, fault.Code)
	if row.Gap {
		for _, m := range concerned {
			m.freeze(w.livedUntil(m, c), string(fault.Code))
		}
	}
	if c.condemned && row.Subscription != ewsaffinity.Dead {
		return
	}
	if len(fault.Died) > 0 { // those that are not ours count for nothing
		named := *fault
		named.Died = concerned.ids()
		fault = &named
	}
	w.faulted(ctx, fault, concerned)
}

// toldOfOthers sees to a fault that names no current subscription. The good ones
// beside a bad one may have fallen silent: a new connection goes without it. An id
// that we never sent is on no connection of ours, so that this helps at most once.
func (w *worker) toldOfOthers(c *connection, fault *ewsaffinity.Fault) {
	for _, id := range fault.Died {
		if c.members.of(id) != nil {
			w.reopen = true
			return
		}
	}
	if time.Since(w.strange) > ewsaffinity.RepeatWindow {
		w.strange = time.Now()
		w.reopen = true
		w.log.Warn("Exchange names subscriptions that are not ours", "code", fault.Code, "ids", len(fault.Died), "err", fault.Text)
	}
}

// concerned are the members whose current subscriptions a fault names; all of
// the connection's when it names none.
func (w *worker) concerned(c *connection, fault *ewsaffinity.Fault) served {
	lives := func(m *member) bool { return !m.gone && !m.dead }
	if len(fault.Died) == 0 {
		return servedOf(c.members, lives)
	}
	return c.members.named(fault.Died, lives)
}

// livedUntil is up to when a subscription that was reported dead surely lived:
// until it was last named, until the last sign that all live, and Exchange
// notices a death within Detection.
func (w *worker) livedUntil(m *member, c *connection) time.Time {
	until := m.start.time()
	evidence := []time.Time{m.seen.time(), c.proof}
	if c.settled {
		evidence = append(evidence, c.covered.Add(-w.cfg.Detection))
	}
	for _, at := range evidence {
		if at.After(until) {
			until = at
		}
	}
	return until
}

// tookAway sees to a stream whose subscriptions another one took. When that one is
// ours, it is the goodbye we waited for. Otherwise another client uses them, and
// taking them back would push each other out for ever.
//
// The first time it may have been a streamer that was taken for dead, sent a request
// that it had begun, and noticed then: the subscriptions are taken back once.
func (w *worker) tookAway(ctx context.Context) {
	if w.play(); w.next != nil || w.opening || w.offered || w.hearsOfOffer(ctx) {
		w.renew(ctx)
		return
	}
	pause := takenBackAfter
	if again := time.Since(w.taken) < 2*w.cfg.TakenPause; again {
		pause = w.cfg.TakenPause
		w.log.Error("another client streams this group's subscriptions", "again_in", pause,
			"hint", "stop the other client; two on one group push each other out")
	}
	w.taken = time.Now()
	w.lose(string(codeTaken))
	w.leave()
	w.rest(pause)
}

// hearsOfOffer waits a moment for the offer of a successor that heard of it, and
// opened, before we did.
func (w *worker) hearsOfOffer(ctx context.Context) bool {
	patience := time.NewTimer(offerWithin)
	defer patience.Stop()
	for w.play(); !w.offers(); w.play() {
		select {
		case <-w.looks:
		case <-patience.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// offerWithin is how much later than its successor an owner hears of the offer.
const offerWithin = time.Second

// takenBackAfter is how long subscriptions that were taken are left alone at first.
const takenBackAfter = 5 * time.Second

// faulted does what the breaker decides about a fault and the members it concerns.
func (w *worker) faulted(ctx context.Context, fault *ewsaffinity.Fault, concerned served) {
	row := ewsaffinity.Recover(fault.Op, fault.Code)
	if row.Gap && row.Steps[0].Do == ewsaffinity.Nothing && w.current != nil {
		w.announceNow(concerned, string(fault.Code))
		return
	}
	verdict := w.breaker.Record(fault)
	w.logFault(fault, verdict, len(concerned))
	switch verdict.Do {
	case breaker.Continue:
	case breaker.Regroup:
		if verdict.Whole {
			concerned = w.alive()
		}
		w.requestRegroup(ctx, fault, concerned, verdict.Action)
	default:
		w.rest(verdict.Wait)
		if w.current != nil {
			w.reopen, w.current.condemned = true, true
		}
	}
}

func (w *worker) logFault(fault *ewsaffinity.Fault, verdict breaker.Verdict, mailboxes int) {
	level := slog.LevelWarn
	switch verdict.Do {
	case breaker.Continue, breaker.Reopen:
		level = slog.LevelInfo
	case breaker.Stop:
		level = slog.LevelError
	}
	w.log.Log(context.Background(), level, "stream fault", "code", fault.Code, "mailboxes", mailboxes,
		"verdict", verdict.Do, "wait", verdict.Wait.Round(time.Millisecond), "request_id", fault.RequestID,
		"err", fault.Text, "hint", verdict.Reason)
}

// requestRegroup asks the subscriber for new subscriptions in place of those
// that died. The request's id is made of theirs: asking twice counts once.
func (w *worker) requestRegroup(ctx context.Context, fault *ewsaffinity.Fault,
	concerned served, action messages.RegroupAction) {
	request := messages.RegroupRequested{
		Meta:  messages.Meta{Time: time.Now().UTC(), Cause: messages.Cause{Reason: "circuit breaker open: " + string(fault.Code)}},
		Group: w.group.Group, Generation: w.group.Generation, URL: w.group.URL,
		Died: map[messages.Address]messages.SubscriptionID{},
		Code: string(fault.Code), Text: fault.Text, Action: action,
	}
	for _, m := range concerned {
		m.dead = true
		request.Died[m.mailbox()] = m.id()
		if w.current != nil && m.streams() {
			m.freeze(w.livedUntil(m, w.current), string(fault.Code))
		}
	}
	if len(request.Died) == 0 {
		return
	}
	w.asked = time.Now()
	request.ID = requestID(request, w.attempt)
	w.requests = append(w.requests, request)
	w.reopen = w.current != nil
	w.log.Info("regroup requested", "id", request.ID, "action", action, "mailboxes", len(request.Died), "code", fault.Code)
	w.sendRequests(ctx)
}

// sendRequests stores the requests that wait. They wait for the store as long as
// it takes.
func (w *worker) sendRequests(ctx context.Context) {
	for len(w.requests) > 0 && w.decides() {
		if err := w.store.RequestRegroup(ctx, w.requests[0]); err != nil {
			if ctx.Err() == nil {
				w.log.Warn("regroup request not stored yet", "err", err)
			}
			return
		}
		w.requests = w.requests[1:]
	}
}

// askAgainAfter is how long the answer to a request may take: the subscriber
// answers with a revision at once, also when it lets the mailboxes wait.
const askAgainAfter = 5 * time.Minute

// askAgain repeats requests that nobody answered.
func (w *worker) askAgain(ctx context.Context) {
	if len(w.requests) > 0 {
		w.sendRequests(ctx)
		return
	}
	dead := servedOf(w.members, func(m *member) bool { return m.dead })
	if len(dead) == 0 || time.Since(w.asked) < askAgainAfter {
		return
	}
	w.attempt++
	w.requestRegroup(ctx, &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: "ErrorSubscriptionNotFound", Text: "no answer to an earlier request"},
		dead, messages.Resubscribe)
}

func requestID(r messages.RegroupRequested, attempt int) string {
	h := fnv.New64a()
	for _, a := range slices.Sorted(maps.Keys(r.Died)) {
		fmt.Fprintf(h, "%s\n%s\n", a, r.Died[a])
	}
	return fmt.Sprintf("regroup-%s-%d-%016x-%d", r.Group, r.Generation, h.Sum64(), attempt)
}

// asFault is an error as a fault; the end of a context is none of Exchange's.
func asFault(err error) *ewsaffinity.Fault {
	if err == nil {
		return nil
	}
	var fault *ewsaffinity.Fault
	if errors.As(err, &fault) {
		return fault
	}
	return &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: "unknown", Text: err.Error(), Err: err}
}
