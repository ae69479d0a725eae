package lies

import (
	"strings"
	"testing"
)

// verdicts are what is seen when a stream says a code of b's subscription, and of all
// of them, by the codes. Each code of the recovery table that may come in a stream
// stands here, but for those that other tables tell stories of.
var verdicts = []struct {
	name       string
	codes      []string
	one, all   string // CODE stands for the code
	ones, alls string // connections that are opened
}{
	{name: "the subscription is dead",
		one: "resubscribe CODE b; back a c d", ones: "2", all: "regroup CODE a b c; waits: subscriptions or facts are missing; back d", alls: "1",
		codes: []string{"ErrorReadEventsFailed", "ErrorSubscriptionNotFound", "ErrorInvalidSubscription", "ErrorExpiredSubscription",
			"ErrorSubscriptionUnsubscribed", "ErrorSubscriptionAccessDenied", "ErrorInvalidWatermark", "ErrorEventNotFound", "ErrorInvalidPullSubscriptionId",
			"ErrorInvalidId", "ErrorInvalidIdEmpty", "ErrorInvalidIdMalformed", "ErrorInvalidIdMonikerTooLong"}},
	{name: "the mailbox may have moved",
		one: "rediscover CODE b; back a c d", ones: "2", all: "rediscover CODE a b c; waits: subscriptions or facts are missing; back d", alls: "1",
		codes: []string{"ErrorProxyRequestNotAllowed", "ErrorMailboxMoveInProgress"}},
	{name: "it passes",
		one: "back", ones: "2", all: "back", alls: "2",
		codes: []string{"ErrorExceededConnectionCount", "ErrorServerBusy", "ErrorInsufficientResources", "ErrorNotEnoughMemory",
			"ErrorInternalServerTransientError", "ErrorClientDisconnected", "ErrorProxyTokenExpired", "ErrorADUnavailable", "ErrorADOperation",
			"ErrorInvalidServerVersion", "ErrorIncorrectSchemaVersion", "ErrorRequestStreamTooBig"}},
	{name: "it passes, and events may be lost",
		one: "gap CODE b; back", ones: "2", all: "gap CODE a b c; back", alls: "2",
		codes: []string{"ErrorConnectionFailed", "ErrorInternalServerError", "ErrorMailboxStoreUnavailable", "ErrorMailboxFailover",
			"ErrorProxiedSubscriptionCallFailure", "ErrorThatNoOneKnows"}},
	{name: "events are lost, and the stream goes on",
		one: "gap CODE b; back", ones: "1", all: "gap CODE a b c; back", alls: "1",
		codes: []string{"ErrorMissedNotificationEvents"}},
	{name: "nothing is asked any more, and the stream is read on",
		one: "back", ones: "1", all: "back", alls: "1",
		codes: []string{"ErrorPasswordExpired", "ErrorPasswordChangeRequired", "ErrorImpersonationDenied", "ErrorProxyGroupSidLimitExceeded",
			"ErrorCallerIsInvalidADAccount", "ErrorOrganizationAccessBlocked", "ErrorSchemaValidation", "ErrorInvalidRequest"}},
	{name: "of a mailbox, or of the account when all have it",
		one: "resubscribe CODE b; back a c d", ones: "2", all: "back", alls: "1",
		codes: []string{"ErrorAccountDisabled", "ErrorImpersonateUserDenied"}},
}

func TestCodes(t *testing.T) {
	for _, v := range verdicts {
		for _, c := range v.codes {
			t.Run(c+" of one", func(t *testing.T) {
				inWorld(t, lie{meets: only(stream(ok, fails(c, "id-b"))), want: strings.ReplaceAll(v.one, "CODE", c), asks: v.ones}, streaming)
			})
			t.Run(c+" of all", func(t *testing.T) {
				inWorld(t, lie{meets: only(stream(ok, fails(c))), want: strings.ReplaceAll(v.all, "CODE", c), asks: v.alls}, streaming)
			})
		}
	}
}
