package lies

import (
	"strings"
	"testing"
	"time"
)

// override is a header that sets the cookie of a group.
func override(value string) string {
	return "Set-Cookie: X-BackEndOverrideCookie=" + value + "; path=/; secure; HttpOnly"
}

// with is the honest answer to a Subscribe with a header.
func with(id, header string) []act { return subscribed(id, header) }

// How a server leads requests to a mailbox server. All three stages run, for a and b.
var affinity = []lie{
	{name: "no cookie", op: opSubscribe,
		want: "back", asks: "2"},
	{name: "a cookie on every answer, unasked, another each time", op: opSubscribe, meets: [][]act{with("id-a-1", override("ex01~1")), with("id-b-1", override("ex02~2"))},
		want: "sends X-BackEndOverrideCookie=ex01~1; back", asks: "2"},
	{name: "a cookie on the stream only", meets: [][]act{append([]act{head(override("ex09~9")), ok, wait(time.Minute), closed}, hang)},
		want: "back", asks: "2"},
	{name: "a cookie of strange characters", op: opSubscribe, meets: only(with("id-a-1", override(`ex01"~1 é,`))),
		want: "back", asks: "2"},
	{name: "a cookie with a second one inside", op: opSubscribe, meets: only(with("id-a-1", override("ex01~1; X-BackEndCookie=evil"))),
		want: "sends X-BackEndOverrideCookie=ex01~1; back", asks: "2"},
	{name: "a cookie of control characters", op: opSubscribe, meets: only(with("id-a-1", override("ex01\x01~1"))),
		want: "back", asks: "3"},
	{name: "a cookie of 1 MiB", op: opSubscribe, meets: only(with("id-a-1", override(strings.Repeat("x", 1<<20)))),
		want: "back", asks: "2"},
	{name: "an empty cookie", op: opSubscribe, meets: only(with("id-a-1", override(""))),
		want: "back", asks: "2"},
	{name: "two cookies of the name", op: opSubscribe, meets: only(with("id-a-1", override("ex01~1")+"\r\n"+override("ex02~2"))),
		want: "sends X-BackEndOverrideCookie=ex02~2; back", asks: "2"},
	{name: "a cookie that leads to a server that does not know the group", op: opStream, meets: [][]act{stream(ok, fails("ErrorSubscriptionNotFound"))},
		want: "stopped lost ErrorSubscriptionNotFound a b; gap ErrorSubscriptionNotFound a b; regroup ErrorSubscriptionNotFound a b; back", asks: "2"},
	{name: "every server knows nothing, for ever", op: opStream, meets: [][]act{stream(fails("ErrorSubscriptionNotFound"))}, forever: true, lasts: 2 * time.Hour,
		want: "regroup ErrorSubscriptionNotFound a×11 b×11; stale ErrorSubscriptionNotFound a×2 b×2; parked ErrorSubscriptionNotFound a×2 b×2; waits: no members", asks: "11"},
	{name: "the group is in another site", op: opStream, meets: [][]act{stream(ok, fails("ErrorProxyRequestNotAllowed"))},
		want: "stopped lost ErrorProxyRequestNotAllowed a b; gap ErrorProxyRequestNotAllowed a b; rediscover ErrorProxyRequestNotAllowed a b; stale ErrorProxyRequestNotAllowed a b; back", asks: "2"},
	{name: "the mailbox moves", op: opStream, meets: [][]act{stream(ok, say(message("Error", "<m:MessageText>Event type = MailboxMoveStarted</m:MessageText>", code("ErrorInvalidSubscription"), failed("id-b-1"))))},
		want: "stopped lost ErrorInvalidSubscription b; gap ErrorInvalidSubscription b; rediscover ErrorInvalidSubscription b; stale ErrorInvalidSubscription b; back", asks: "3"},
}

func TestAffinity(t *testing.T) { tell(t, pipeline, affinity) }
