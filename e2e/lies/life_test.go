package lies

import (
	"testing"
	"time"
)

// How a stream lives and ends.
var life = []lie{
	{name: "Closed at once", meets: [][]act{stream(closed, finish)},
		want: "back", asks: "2"},
	{name: "Closed at once, for ever", meets: [][]act{stream(closed, finish)}, forever: true,
		want: "waits: Exchange is left alone; back d", asks: "8"},
	{name: "Closed after a minute, again and again", meets: [][]act{stream(ok, wait(time.Minute), closed, finish)}, forever: true, lasts: 30*time.Minute + 30*time.Second,
		want: "back d", asks: "31"},
	{name: "Closed twice", meets: [][]act{stream(ok, wait(time.Minute), closed, closed, finish)},
		want: "back", asks: "2"},
	{name: "Closed, and it goes on talking", meets: [][]act{stream(ok, wait(time.Minute), closed, mail("id-a", "a.1"), ok)},
		want: "back", asks: "2"},
	{name: "Closed, and it stays open", meets: [][]act{silent(ok, wait(time.Minute), closed)},
		want: "back", asks: "2"},
	{name: "Closed with events", meets: [][]act{silent(ok, wait(time.Minute), saying("Success", func() string {
		return code("NoError") + notifications(notification("id-a", mails("a.1"))) + status("Closed")
	}))},
		want: "a: 1; back", asks: "2"},
	{name: "Closed with an error and events", meets: [][]act{silent(ok, wait(time.Minute), saying("Error", func() string {
		return code("ErrorInvalidSubscription") + notifications(notification("id-a", mails("a.1"))) + failed("id-b") + status("Closed")
	}))},
		want: "a: 1; resubscribe ErrorInvalidSubscription b; back a c d", asks: "2"},
	{name: "Closed before the notifications of its envelope", meets: [][]act{silent(ok, wait(time.Minute), saying("Success", func() string {
		return status("Closed") + notifications(notification("id-a", mails("a.1"))) + code("NoError")
	}))},
		want: "a: 1; back", asks: "2"},
	{name: "closed in small letters", meets: [][]act{silent(ok, wait(time.Minute), say(message("Success", code("NoError"), status("closed"))), finish)},
		want: "gap eof a b c; back", asks: "2"},
	{name: "never Closed, and bare beats for ever", meets: [][]act{silent(ok, again(100, wait(45*time.Second), ok))}, lasts: 40 * time.Minute,
		want: "gap overdue a b c; back", asks: "2"},
	{name: "silence from the start", meets: [][]act{silent()},
		want: "gap silence a b c; back", asks: "2"},
	{name: "silence after the first envelope", meets: [][]act{silent(ok)},
		want: "gap silence a b c; back", asks: "2"},
	{name: "silence for ever", meets: [][]act{silent()}, forever: true, lasts: 30 * time.Minute,
		want: "regroup silence a b c; resubscribe ErrorSubscriptionNotFound a×4 b×4 c×4; waits: subscriptions or facts are missing; back d", asks: "3"},
	{name: "no head", meets: [][]act{{hang}},
		want: "gap timeout a b c; back", asks: "2"},
	{name: "no head, for ever", meets: [][]act{{hang}}, forever: true, lasts: 30 * time.Minute,
		want: "regroup timeout a b c; resubscribe ErrorSubscriptionNotFound a×4 b×4 c×4; waits: subscriptions or facts are missing; back d", asks: "3"},
	{name: "the connection is cut before the head", meets: [][]act{{cut}},
		want: "gap reset a b c; back", asks: "2"},
	{name: "a beat every 109 s", meets: [][]act{silent(ok, again(8, wait(109*time.Second), ok), closed)}, lasts: 16 * time.Minute,
		want: "back", asks: "2"},
	{name: "a storm of beats", meets: [][]act{stream(ok, again(2_000, ok), mail("id-a", "a.1"))},
		want: "a: 1; back", asks: "1"},
	{name: "the older stream is told nothing", meets: [][]act{stream(ok, fails("ErrorInvalidSubscription", "id-b"))}, rude: true,
		want: "gap no goodbye a c; resubscribe ErrorInvalidSubscription b; back", asks: "2"},
	{name: "taken by another, once", meets: [][]act{stream(ok, wait(time.Minute), fails("ErrorNewEventStreamConnectionOpened"), closed)},
		want: "gap ErrorNewEventStreamConnectionOpened a b c; back", asks: "2"},
	{name: "taken by another, for ever", meets: [][]act{stream(ok, wait(time.Second), fails("ErrorNewEventStreamConnectionOpened"), closed)}, forever: true, lasts: 30 * time.Minute,
		want: "gap ErrorNewEventStreamConnectionOpened a×6 b×6 c×6; waits: Exchange is left alone; back d", asks: "7"},
	{name: "a password expires", meets: [][]act{stream(ok, fails("ErrorPasswordExpired"))}, lasts: 12 * time.Minute,
		want: "gap ErrorPasswordExpired a b c; back", asks: "2"},
	{name: "events missed, again and again", meets: [][]act{stream(ok, again(3, wait(time.Minute), fails("ErrorMissedNotificationEvents", "id-a")))}, lasts: 5 * time.Minute,
		want: "gap ErrorMissedNotificationEvents a×3; back", asks: "1"},
	{name: "no Date", meets: outage(dated("")), lasts: 12 * time.Minute, lost: 5 * time.Minute,
		want: "gap eof a b c; back", asks: "3"},
	{name: "a Date of 1970", meets: outage(dated("Thu, 01 Jan 1970 00:00:00 GMT")), lasts: 12 * time.Minute, lost: 5 * time.Minute,
		want: "gap eof a b c; back", asks: "3"},
	{name: "a Date of 1970, and it goes on", meets: only([]act{dated("Thu, 01 Jan 1970 00:00:00 GMT"), ok, goOn}),
		want: "back", asks: "1"},
	{name: "a Date of 1970 after an honest one", meets: [][]act{outage(head())[0], rests, {dated("Thu, 01 Jan 1970 00:00:00 GMT"), ok, goOn}}, lasts: 12 * time.Minute, lost: 5 * time.Minute,
		want: "gap eof a b c; back", asks: "3"},
	{name: "a Date of 2100", meets: outage(dated("Fri, 01 Jan 2100 00:00:00 GMT")), lasts: 12 * time.Minute, lost: 5 * time.Minute,
		want: "gap eof a b c; back", asks: "3"},
	{name: "a Date that is none", meets: outage(dated("yesterday")), lasts: 12 * time.Minute, lost: 5 * time.Minute,
		want: "gap eof a b c; back", asks: "3"},
	{name: "a Date of an hour ago", meets: outage(dated("Fri, 31 Dec 1999 23:00:00 GMT")), lasts: 12 * time.Minute, lost: 5 * time.Minute,
		want: "gap eof a b c; back", asks: "3"},
	{name: "a Date in an hour", meets: outage(dated("Sat, 01 Jan 2000 01:00:00 GMT")), lasts: 12 * time.Minute, lost: 5 * time.Minute,
		want: "gap eof a b c; back", asks: "3"},
}

// rests asks for ten minutes.
var rests = reply("503 Service Unavailable", "", "Retry-After: 540")

// outage is a stream that is cut after a minute, and then nothing for ten.
func outage(head act) [][]act {
	return [][]act{{head, ok, wait(45 * time.Second), ok, wait(15 * time.Second), cut}, rests}
}

func TestLife(t *testing.T) { tell(t, streaming, life) }
