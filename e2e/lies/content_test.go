package lies

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// someMails are the events of n new mails of a mailbox.
func someMails(owner string, n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf("%s.%d", owner, i)
	}
	return mails(items...)
}

// unread is a notification of a whose event has a time of its own.
func unread(at string) act {
	return say(told(notification("id-a", eventAt("NewMailEvent", at, `<t:ItemId Id="a.1"/>`))))
}

// saying is an envelope of parts that are made when it is said.
func saying(class string, parts func() string) act {
	return live(func() string { return message(class, parts()) })
}

// bad is an error message that brings notifications too.
func bad(class, errorCode string, ids ...string) act {
	return saying(class, func() string {
		return code(errorCode) + notifications(notification("id-a", mails("a.1")), notification("id-b", mails("b.1"))) + failed(ids...)
	})
}

// What a stream says: whose events, which, and what it says of subscriptions.
var content = []lie{
	{name: "an id that no one knows", meets: [][]act{stream(ok, mail("id-x", "x.1", "x.2"), mail("id-a", "a.1"))},
		want: "a: 1; not a member 2; back", asks: "1"},
	{name: "an id of another group", meets: [][]act{stream(ok, mail("id-d", "x.1"))},
		want: "not a member 1; back", asks: "1"},
	{name: "the id of a mailbox that left", meets: [][]act{stream(ok, wait(10*time.Second), mail("id-c", "x.1"))},
		then: func(w *world) { w.group("g", 1, "a", "b") },
		want: "stopped lost replaced c; not a member 2; back a b d", asks: "1"},
	{name: "an empty id", meets: [][]act{stream(ok, mail("", "x.1"))},
		want: "not a member 1; back", asks: "1"},
	{name: "an id in capitals", meets: [][]act{stream(ok, mail("ID-A", "x.1"))},
		want: "not a member 1; back", asks: "1"},
	{name: "an id of 1 MiB", meets: [][]act{stream(ok, mail("id-a"+strings.Repeat("a", 1<<20), "x.1"))},
		want: "not a member 1; back", asks: "1"},
	{name: "a notification without id", meets: [][]act{stream(ok, live(func() string {
		return told("<m:Notification>" + mails("x.1") + "</m:Notification>")
	}))},
		want: "not a member 1; back", asks: "1"},
	{name: "an envelope repeated", meets: [][]act{stream(ok, mail("id-a", "a.1"), mail("id-a", "a.1"))},
		want: "a: 1 1; back", asks: "1"},
	{name: "a notification repeated in a message", meets: [][]act{stream(ok, live(func() string {
		return told(notification("id-a", mails("a.1")), notification("id-a", mails("a.1")))
	}))},
		want: "a: 1 1; back", asks: "1"},
	{name: "two notifications of one id", meets: [][]act{stream(ok, live(func() string {
		return told(notification("id-a", mails("a.1")), notification("id-b", mails("b.1")), notification("id-a", mails("a.2")))
	}))},
		want: "a: 1 2; b: 1; back", asks: "1"},
	{name: "two messages in an envelope", meets: [][]act{stream(ok, live(func() string {
		return answer(opStream, "Success", code("NoError")+notifications(notification("id-a", mails("a.1"))), code("NoError")+notifications(notification("id-b", mails("b.1"))))
	}))},
		want: "a: 1; b: 1; back", asks: "1"},
	{name: "events in no order", meets: [][]act{stream(ok, say(told(notification("id-a",
		eventAt("NewMailEvent", "2000-01-01T00:00:02Z", `<t:ItemId Id="a.1"/>`), eventAt("NewMailEvent", "2000-01-01T00:00:01Z", `<t:ItemId Id="a.2"/>`)))))},
		want: "a: 1 2; back", asks: "1"},
	{name: "an event of 1970", meets: [][]act{stream(ok, unread("1970-01-01T00:00:00Z"))},
		want: "a: 1; back", asks: "1"},
	{name: "an event of the year 9999", meets: [][]act{stream(ok, unread("9999-12-31T23:59:59Z"))},
		want: "a: 1; back", asks: "1"},
	{name: "an event of the year 10000", meets: [][]act{stream(ok, unread("9999-12-31T23:59:59-01:00"))},
		want: "a: 1; back", asks: "1"},
	{name: "an event of the year -1", meets: [][]act{stream(ok, unread("0000-01-01T00:00:00+01:00"))},
		want: "a: 1; back", asks: "1"},
	{name: "an event at a time that is none", meets: [][]act{stream(ok, unread("soon"))},
		want: "a: 1; back", asks: "1"},
	{name: "an event without time", meets: [][]act{stream(ok, say(told(notification("id-a", `<t:NewMailEvent><t:ItemId Id="a.1"/></t:NewMailEvent>`))))},
		want: "a: 1; back", asks: "1"},
	{name: "an event of a kind that is not known", meets: [][]act{stream(ok, live(func() string {
		return told(notification("id-a", event("LikedEvent", "a.1"), event("NewMailEvent", "a.2")))
	}))},
		want: "a: 2; back", asks: "1"},
	{name: "an event without ids", meets: [][]act{stream(ok, live(func() string {
		return told(notification("id-a", "<t:NewMailEvent><t:TimeStamp>2000-01-01T00:00:02Z</t:TimeStamp></t:NewMailEvent>", mails("a.2")))
	}))},
		want: "a: 2; gap NewMailEvent without an id a; back", asks: "1"},
	{name: "an event with empty ids", meets: [][]act{stream(ok, say(told(notification("id-a", eventAt("CreatedEvent", "2000-01-01T00:00:02Z", `<t:ItemId Id=""/>`)))))},
		want: "gap CreatedEvent without an id a; back", asks: "1"},
	{name: "an unread count that is none", meets: [][]act{stream(ok, say(told(notification("id-a",
		eventAt("ModifiedEvent", "2000-01-01T00:00:02Z", `<t:FolderId Id="a.1"/><t:UnreadCount>99999999999999999999</t:UnreadCount>`)))))},
		want: "a: 1; back", asks: "1"},
	{name: "signs of life only", meets: [][]act{silent(ok, again(40, wait(45*time.Second), say(told(notification("id-a", "<t:StatusEvent/>"), notification("id-b", "<t:StatusEvent/>")))))}, lasts: 20 * time.Minute,
		want: "back d", asks: "1"},
	{name: "watermarks", meets: [][]act{stream(ok, live(func() string {
		return told(notification("id-a", "<t:PreviousWatermark>AAA=</t:PreviousWatermark>", mails("a.1"), "<t:StatusEvent><t:Watermark>AAA=</t:Watermark></t:StatusEvent>"))
	}))},
		want: "a: 1; back", asks: "1"},
	{name: "more events promised for ever", meets: [][]act{stream(ok, again(100, live(func() string {
		return told(notification("id-a", "<t:MoreEvents>true</t:MoreEvents>"))
	})), mail("id-a", "a.1"))},
		want: "a: 1; back", asks: "1"},
	{name: "a notification of 60 events", meets: [][]act{stream(ok, live(func() string { return told(notification("id-a", someMails("a", 60))) }))},
		want: "a: 0 (60) 59; back", asks: "1"},
	{name: "an envelope of 10 000 events", meets: [][]act{stream(ok, live(func() string { return told(notification("id-a", someMails("a", 10_000))) }))},
		want: "a: 0 (10000) 9999; back", asks: "1"},
	{name: "an error together with notifications", meets: [][]act{stream(ok, bad("Error", "ErrorReadEventsFailed", "id-c"))},
		want: "a: 1; b: 1; resubscribe ErrorReadEventsFailed c; back a b d", asks: "2"},
	{name: "an error that is none", meets: [][]act{stream(ok, bad("Error", "NoError"))},
		want: "a: 1; b: 1; regroup ErrorInvalidSubscription a b c; waits: subscriptions or facts are missing; back d", asks: "1"},
	{name: "an error without code", meets: [][]act{stream(ok, bad("Error", ""))},
		want: "a: 1; b: 1; regroup ErrorInvalidSubscription a b c; waits: subscriptions or facts are missing; back d", asks: "1"},
	{name: "a success with an error's code", meets: [][]act{stream(ok, bad("Success", "ErrorReadEventsFailed"))},
		want: "a: 1; b: 1; regroup ErrorReadEventsFailed a b c; waits: subscriptions or facts are missing; back d", asks: "1"},
	{name: "a warning with an error's code", meets: [][]act{stream(ok, bad("Warning", "ErrorReadEventsFailed"))},
		want: "a: 1; b: 1; back", asks: "1"},
	{name: "a warning without", meets: [][]act{stream(ok, bad("Warning", "NoError"))},
		want: "a: 1; b: 1; back", asks: "1"},
	{name: "a class that is not known, with an error's code", meets: [][]act{stream(ok, bad("Maybe", "ErrorReadEventsFailed"))},
		want: "a: 1; b: 1; regroup ErrorReadEventsFailed a b c; waits: subscriptions or facts are missing; back d", asks: "1"},
	{name: "a success that names failed ids", meets: [][]act{stream(ok, bad("Success", "NoError", "id-c"))},
		want: "a: 1; b: 1; resubscribe ErrorInvalidSubscription c; back a b d", asks: "2"},
	{name: "a success with an empty list of failed ids", meets: [][]act{stream(ok, bad("Success", "NoError"))},
		want: "a: 1; b: 1; back", asks: "1"},
	{name: "failed ids that no one knows", meets: [][]act{stream(ok, fails("ErrorInvalidSubscription", "id-x", "id-y"))},
		want: "back", asks: "2"},
	{name: "failed ids that no one knows, at every opening", meets: [][]act{stream(ok, fails("ErrorInvalidSubscription", "id-x"))}, forever: true,
		want: "back", asks: "2"},
	{name: "one of ours failed among ten that no one knows", meets: [][]act{stream(ok, fails("ErrorInvalidSubscription", "id-b", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"))},
		want: "resubscribe ErrorInvalidSubscription b; back a c d", asks: "2"},
	{name: "an empty failed id", meets: [][]act{stream(ok, fails("ErrorInvalidSubscription", ""))},
		want: "back", asks: "2"},
	{name: "a failed id again and again", meets: [][]act{stream(ok, again(20, fails("ErrorInvalidSubscription", "id-b"), wait(100*time.Millisecond)))},
		want: "resubscribe ErrorInvalidSubscription b; back a c d", asks: "2"},
	{name: "trouble that passes, told again and again", meets: [][]act{stream(ok, again(20, fails("ErrorInternalServerError", "id-b"), wait(10*time.Millisecond)))},
		want: "gap ErrorInternalServerError b; back", asks: "2"},
	{name: "a code of 1 MiB", meets: [][]act{stream(ok, fails("Error"+strings.Repeat("X", 1<<20), "id-b"))},
		want: "gap Error" + strings.Repeat("X", 95) + " b; back", asks: "2"},
	{name: "a text of 2 MiB", meets: [][]act{stream(ok, say(message("Error", "<m:MessageText>"+strings.Repeat("long ", 400<<10)+"</m:MessageText>", code("ErrorInvalidSubscription"), failed("id-b"))))},
		want: "resubscribe ErrorInvalidSubscription b; back a c d", asks: "2"},
	{name: "a code that is different every time", meets: [][]act{stream(ok, differentCodes)},
		want: "gap ErrorNumber0 a b c; back", asks: "2"},
	{name: "a status that is not known", meets: [][]act{stream(ok, say(message("Success", code("NoError"), status("Maybe"))))},
		want: "back", asks: "1"},
	{name: "an answer to another operation", meets: [][]act{stream(ok, say(answer(opSubscribe, "Success", code("NoError"))))},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "an envelope without messages", meets: [][]act{stream(ok, say(answer(opStream, "Success")))},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "a SOAP fault in the midst", meets: [][]act{stream(ok, say(fault("ErrorServerBusy", "")))},
		want: "gap ErrorServerBusy a b c; back", asks: "2"},
}

// differentCodes brings 2000 errors of codes that no one knows.
func differentCodes(c *conn) error {
	for i := range 2_000 {
		if err := fails(fmt.Sprint("ErrorNumber", i))(c); err != nil {
			return err
		}
	}
	return nil
}

func TestContent(t *testing.T) { tell(t, streaming, content) }
