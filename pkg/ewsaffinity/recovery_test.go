package ewsaffinity

import (
	"testing"
	"time"
)

func TestNextWalksTheChain(t *testing.T) {
	tests := []struct {
		name string
		op   Operation
		code Code
		seen Seen
		want Step
	}{
		{"first loss", OpStream, "ErrorSubscriptionNotFound", Seen{Times: 1}, Step{Do: Resubscribe}},
		{"loss repeated", OpStream, "ErrorSubscriptionNotFound", Seen{Times: 2}, Step{Do: Rediscover}},
		{"loss again and again", OpStream, "ErrorSubscriptionNotFound", Seen{Times: 9}, Step{Do: Rediscover}},
		{"several lost", OpStream, "ErrorSubscriptionNotFound", Seen{Times: 1, Several: true}, Step{Do: Regroup}},
		{"several lost again", OpStream, "ErrorSubscriptionNotFound", Seen{Times: 2, Several: true}, Step{Do: RediscoverGroup}},
		{"anchor lost", OpStream, "ErrorSubscriptionNotFound", Seen{Times: 1, Anchor: true}, Step{Do: Regroup}},
		{"the anchor's queue deleted", OpStream, "ErrorReadEventsFailed", Seen{Times: 1, Anchor: true}, Step{Do: Resubscribe}},
		{"many queues deleted", OpStream, "ErrorReadEventsFailed", Seen{Times: 1, Several: true}, Step{Do: Regroup}},
		{"another site", OpStream, "ErrorProxyRequestNotAllowed", Seen{Times: 1}, Step{Do: Rediscover}},
		{"anchor in another site", OpStream, "ErrorProxyRequestNotAllowed", Seen{Times: 1, Anchor: true}, Step{Do: RediscoverGroup}},
		{"a move begins", OpStream, "ErrorInvalidSubscription", Seen{Times: 1, MoveStarted: true}, Step{Do: Rediscover}},
		{"invalid without a move", OpStream, "ErrorInvalidSubscription", Seen{Times: 1}, Step{Do: Resubscribe}},
		{"a word that says nothing here", OpStream, "ErrorReadEventsFailed", Seen{Times: 1, MoveStarted: true}, Step{Do: Resubscribe}},
		{"moving", OpStream, "ErrorMailboxMoveInProgress", Seen{Times: 1}, Step{Do: Rediscover, Wait: 5 * time.Minute}},
		{"store down, third time", OpStream, "ErrorMailboxStoreUnavailable", Seen{Times: 3}, Step{Do: Retry, Times: 3}},
		{"store down, fourth time", OpStream, "ErrorMailboxStoreUnavailable", Seen{Times: 4}, Step{Do: Rediscover}},
		{"our newer stream", OpStream, "ErrorNewEventStreamConnectionOpened", Seen{Times: 1, Ours: true}, Step{Do: Nothing}},
		{"a stranger's stream", OpStream, "ErrorNewEventStreamConnectionOpened", Seen{Times: 1}, Step{Do: Stop}},
		{"one may not be impersonated", OpSubscribe, "ErrorImpersonateUserDenied", Seen{Times: 1}, Step{Do: Park}},
		{"none may be impersonated", OpSubscribe, "ErrorImpersonateUserDenied", Seen{Times: 1, Most: true}, Step{Do: Stop}},
		{"stream broke twice", OpStream, CodeReset, Seen{Times: 2}, Step{Do: ReopenSameIDs, Times: 2}},
		{"stream broke three times", OpStream, CodeReset, Seen{Times: 3}, Step{Do: Regroup}},
		{"silent to the end", OpStream, CodeSilence, Seen{Times: 4}, Step{Do: RediscoverGroup}},
		{"an answer broke off", OpSubscribe, CodeReset, Seen{Times: 5}, Step{Do: Retry}},
		{"unknown, first", OpStream, "ErrorNeverHeardOf", Seen{Times: 1}, Step{Do: Retry, Times: 3}},
		{"unknown, fourth", OpStream, "ErrorNeverHeardOf", Seen{Times: 4}, Step{Do: Resubscribe}},
		{"unknown, fifth", OpStream, "ErrorNeverHeardOf", Seen{Times: 5}, Step{Do: Rediscover}},
		{"unknown, sixth", OpStream, "ErrorNeverHeardOf", Seen{Times: 6}, Step{Do: Park}},
		{"zero row", "", "", Seen{}, Step{Do: Retry, Times: 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if have := Recover(test.op, test.code).Next(test.seen); have != test.want {
				t.Errorf("%s at %s, %+v:\nwant %+v\nhave %+v", test.code, test.op, test.seen, test.want, have)
			}
		})
	}
}

// TestStepsFitTheOperation: the same code asks for what makes sense where it came up.
func TestStepsFitTheOperation(t *testing.T) {
	tests := []struct {
		op   Operation
		code Code
		seen Seen
		want Do
	}{
		{OpUnsubscribe, "ErrorSubscriptionNotFound", Seen{Times: 1}, Nothing},
		{OpUnsubscribe, "ErrorServerBusy", Seen{Times: 1}, HonourHint},
		{OpUnsubscribe, "ErrorInternalServerError", Seen{Times: 3}, Retry},
		{OpUnsubscribe, "ErrorInternalServerError", Seen{Times: 4}, Nothing},
		{OpUnsubscribe, "ErrorProxyRequestNotAllowed", Seen{Times: 1}, Nothing},
		{OpReadBack, "ErrorInternalServerError", Seen{Times: 4}, Rediscover},
		{OpReadBack, "ErrorExpiredSubscription", Seen{Times: 1}, Park},
		{OpReadBack, "ErrorInvalidId", Seen{Times: 1}, Nothing},
		{OpStream, "ErrorInvalidId", Seen{Times: 1}, Resubscribe},
		{OpDiscover, CodeRedirect, Seen{Times: 1}, Park},
		{OpDiscover, CodeDNSNotFound, Seen{Times: 50}, Retry},
		{OpDiscover, "ErrorNeverHeardOf", Seen{Times: 4}, Park},
		{OpSubscribe, "ErrorExceededConnectionCount", Seen{Times: 1}, Retry},
	}
	for _, test := range tests {
		if have := Recover(test.op, test.code).Next(test.seen).Do; have != test.want {
			t.Errorf("%s at %s, %d times: want %s, have %s", test.code, test.op, test.seen.Times, test.want, have)
		}
	}
}

func TestZeroRowAsksForNothing(t *testing.T) {
	if have := (Row{}).Next(Seen{Times: 3, Several: true}); have.Do != Nothing {
		t.Errorf("want %s, have %+v", Nothing, have)
	}
}

func TestSeveral(t *testing.T) {
	tests := []struct {
		died, members int
		want          bool
	}{
		{1, 1, false}, {1, 200, false}, {2, 200, false}, {4, 200, false}, {5, 200, true},
		{2, 2, true}, {2, 10, true}, {2, 11, false}, {3, 15, true}, {200, 200, true},
	}
	for _, test := range tests {
		if have := Several(test.died, test.members); have != test.want {
			t.Errorf("Several(%d, %d): want %v, have %v", test.died, test.members, test.want, have)
		}
	}
}

// FuzzRecover: whatever the server says, there is something to do that fits.
func FuzzRecover(f *testing.F) {
	f.Add("GetStreamingEvents", "ErrorServerBusy", 1, true, false)
	f.Add("Subscribe", "", -1, false, true)
	f.Fuzz(func(t *testing.T, op, code string, times int, several, moved bool) {
		row := Recover(Operation(op), Code(code))
		if row.Code != Code(code) {
			t.Fatalf("the row of %q calls itself %q", code, row.Code)
		}
		if _, known := table[Code(code)]; row.Known != known {
			t.Fatalf("%q: Known is %v", code, row.Known)
		}
		step := row.Next(Seen{Times: times, Several: several, MoveStarted: moved})
		if _, ok := doLetters[step.Do]; !ok {
			t.Fatalf("%q at %q asks for %q", code, op, step.Do)
		}
		if !fits(Operation(op), step.Do) {
			t.Fatalf("%q at %q asks for %s, which makes no sense there", code, op, step.Do)
		}
	})
}
