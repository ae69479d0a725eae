package lies

import (
	"strings"
	"testing"
	"time"
)

// subscribed is the answer to a Subscribe with an id.
func subscribed(id string, headers ...string) []act {
	return reply("200 OK", answer(opSubscribe, "Success", code("NoError")+"<m:SubscriptionId>"+id+"</m:SubscriptionId>"), headers...)
}

// echoed is the same, and says which request it answers.
func echoed(id string) act {
	return func(c *conn) error {
		return again(1, subscribed(id, "client-request-id: "+c.request.header.Get("client-request-id"))...)(c)
	}
}

// refused is the answer that refuses a call.
func refused(op, errorCode, more string) []act {
	return reply("200 OK", answer(op, "Error", "<m:MessageText>in the server's words</m:MessageText>"+code(errorCode)+more))
}

// busy is a fault that asks for time.
func busy(hint string) []act {
	return reply("500 Internal Server Error", fault("ErrorServerBusy", value("BackOffMilliseconds", hint)))
}

// What Subscribe is answered. All three stages run, for a and b.
var subscribing = []lie{
	{name: "success without an id", op: opSubscribe, meets: only(reply("200 OK", answer(opSubscribe, "Success", code("NoError")))),
		want: "parked malformed a; back", asks: "3"},
	{name: "an empty id", op: opSubscribe, meets: only(subscribed(" ")),
		want: "parked malformed a; back", asks: "3"},
	{name: "the same id for two mailboxes", op: opSubscribe, meets: [][]act{subscribed("id-x-1"), subscribed("id-x-1")},
		want: "parked malformed a b; back", asks: "4"},
	{name: "the same id for everyone, for ever", op: opSubscribe, meets: only(subscribed("id-x-1")), forever: true, lasts: 10 * time.Hour,
		want: "parked malformed a×4 b×4", asks: "8"},
	{name: "the id of a mailbox that streams", op: opSubscribe, meets: [][]act{nil, refused(opSubscribe, "ErrorInternalServerTransientError", ""), subscribed("id-a-1")},
		want: "stopped lost malformed a; gap malformed a; parked ErrorInternalServerTransientError b; parked malformed b; back", asks: "5"},
	{name: "an id of 1 MiB", op: opSubscribe, meets: only(subscribed(strings.Repeat("x", 1<<20))),
		want: "parked malformed a; back", asks: "3"},
	{name: "an id of strange characters", op: opSubscribe, meets: only(subscribed("id-a-&lt;&amp;&quot;é☃")),
		want: "back", asks: "2"},
	{name: "two answers in one", op: opSubscribe, meets: only(reply("200 OK", answer(opSubscribe, "Success",
		code("NoError")+"<m:SubscriptionId>id-a-1</m:SubscriptionId>", code("NoError")+"<m:SubscriptionId>id-x-2</m:SubscriptionId>"))),
		want: "back", asks: "2"},
	{name: "the answer to a, and then one to a in place of b's", op: opSubscribe, meets: only([]act{echoed("id-a-1"), wait(time.Second), echoed("id-x-1")}),
		want: "back", asks: "2..3"},
	{name: "an answer before the request is read", op: opSubscribe, meets: only(append(subscribed("id-a-1"), cut)),
		want: "back", asks: "2"},
	{name: "the answer to GetFolder", op: opSubscribe, meets: only(reply("200 OK", answer(opFolders, "Success", folders("f")...))),
		want: "back", asks: "3"},
	{name: "an error that is none", op: opSubscribe, meets: only(refused(opSubscribe, "NoError", "<m:SubscriptionId>id-x-1</m:SubscriptionId>")),
		want: "parked malformed a; back", asks: "3"},
	{name: "a warning with an id", op: opSubscribe, meets: only(reply("200 OK", answer(opSubscribe, "Warning", code("NoError")+"<m:SubscriptionId>id-a-1</m:SubscriptionId>"))),
		want: "parked malformed a; back", asks: "3"},
	{name: "a text of 1 MiB", op: opSubscribe, meets: only(reply("200 OK", answer(opSubscribe, "Error", "<m:MessageText>"+strings.Repeat("x", 1<<20)+"</m:MessageText>"+code("ErrorAccessDenied")))),
		want: "parked ErrorAccessDenied a; back b", asks: "2"},
	{name: "a code of 1 MiB", op: opSubscribe, meets: only(refused(opSubscribe, "Error"+strings.Repeat("X", 1<<20), "")),
		want: "parked Error" + strings.Repeat("X", 95) + " a; back", asks: "3"},
	{name: "100 MiB behind the answer", op: opSubscribe, meets: only([]act{raw("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n" +
		answer(opSubscribe, "Success", code("NoError")+"<m:SubscriptionId>id-a-1</m:SubscriptionId>")), endless(100<<20, strings.Repeat(" ", 16<<10))}),
		want: "back", asks: "2"},
	{name: "no answer", op: opSubscribe, meets: only([]act{hang}), lasts: 6 * time.Minute,
		want: "back", asks: "3"},
	{name: "a login page", op: opSubscribe, meets: only(reply("200 OK", loginPage)),
		want: "back", asks: "3"},
	{name: "401 with Basic, for ever", op: opSubscribe, meets: only(reply("401 Unauthorized", "")), basic: true, forever: true, lasts: time.Hour,
		want: "trouble: Exchange refused the login of svc", asks: "9..15"},
	{name: "busy for a minute", after: "1m6s..1m12s", op: opSubscribe, meets: only(busy("60000")),
		want: "back", asks: "3"},
	{name: "busy for a year", after: "24h..27h", op: opSubscribe, meets: only(busy("31536000000")), lasts: 30 * time.Hour,
		want: "back", asks: "3"},
	{name: "busy for longer than there is time", after: "24h..27h", op: opSubscribe, meets: only(busy("9223372036854775807")), lasts: 30 * time.Hour,
		want: "back", asks: "3"},
	{name: "busy for ever, for a negative time", op: opSubscribe, meets: only(busy("-60000")), forever: true, lasts: time.Hour,
		want: "", asks: "20..40"},
	{name: "busy for a time that is none", after: "1s..5s", op: opSubscribe, meets: only(busy("a while")),
		want: "back", asks: "3"},
	{name: "too many subscriptions", op: opSubscribe, meets: only(refused(opSubscribe, "ErrorExceededSubscriptionCount", "")), lasts: 30 * time.Minute,
		want: "parked ErrorExceededSubscriptionCount a; back b", asks: "2"},
	{name: "access denied for ever", op: opSubscribe, meets: only(refused(opSubscribe, "ErrorAccessDenied", "")), forever: true, lasts: 10 * time.Hour,
		want: "parked ErrorAccessDenied a×4 b×4", asks: "8"},
	{name: "a Date of 1970", op: opSubscribe, meets: only([]act{raw("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: close\r\n\r\n" +
		answer(opSubscribe, "Success", code("NoError")+"<m:SubscriptionId>id-a-1</m:SubscriptionId>")), cut}),
		want: "back", asks: "2"},

	{name: "Unsubscribe fails", op: opUnsubscribe, meets: only(refused(opUnsubscribe, "ErrorInternalServerError", "")), forever: true, then: lost("id-b-1"),
		want: "stopped lost ErrorInvalidId b; gap ErrorInvalidId b; resubscribe ErrorInvalidId b; back", asks: "1"},
	{name: "Unsubscribe is not answered", op: opUnsubscribe, meets: only([]act{hang}), forever: true, then: lost("id-b-1"),
		want: "stopped lost ErrorInvalidId b; gap ErrorInvalidId b; resubscribe ErrorInvalidId b; back", asks: "1"},
	{name: "Unsubscribe meets a login page", op: opUnsubscribe, meets: only(reply("200 OK", loginPage)), forever: true, then: lost("id-b-1"),
		want: "stopped lost ErrorInvalidId b; gap ErrorInvalidId b; resubscribe ErrorInvalidId b; back", asks: "1"},

	{name: "folders of another mailbox", op: opFolders, meets: only(reply("200 OK", answer(opFolders, "Success", folders("x-folder")...))),
		want: "back", asks: "2"},
	{name: "one id for all folders", op: opFolders, meets: only(reply("200 OK", answer(opFolders, "Success", sameFolder("inbox")...))),
		want: "back", asks: "2"},
	{name: "fewer folders than asked for", op: opFolders, meets: twice(reply("200 OK", answer(opFolders, "Success", folders("f")[:9]...))),
		want: "parked malformed a b; back", asks: "4"},
	{name: "more folders than asked for", op: opFolders, meets: twice(reply("200 OK", answer(opFolders, "Success", append(folders("f"), folder("g"))...))),
		want: "parked malformed a b; back", asks: "4"},
	{name: "folder ids of 100 KiB", op: opFolders, meets: only(reply("200 OK", answer(opFolders, "Success", sameFolder(strings.Repeat("x", 100<<10))...))),
		want: "back", asks: "2"},
	{name: "a folder without id", op: opFolders, meets: twice(reply("200 OK", answer(opFolders, "Success", sameFolder("")...))),
		want: "parked malformed a b; back", asks: "4"},
	{name: "folders are busy for ever", op: opFolders, meets: only(busy("")), forever: true, lasts: time.Hour,
		want: "", asks: "40..80"},
}

// twice is an answer that the first two requests meet: a's and b's.
func twice(acts []act) [][]act { return [][]act{acts, acts} }

// sameFolder is one folder in the place of all.
func sameFolder(id string) []string {
	contents := make([]string, 10)
	for i := range contents {
		contents[i] = folder(id)
	}
	return contents
}

// lost makes a stream say that a subscription is gone.
func lost(id string) func(*world) {
	return func(w *world) {
		for _, c := range w.server.streaming() {
			_ = fails("ErrorInvalidId", id)(c)
		}
	}
}

func TestSubscribing(t *testing.T) { tell(t, pipeline, subscribing) }
