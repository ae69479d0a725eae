package ewsaffinity

import "time"

// subscriptionRules: what a stream or a Subscribe says about subscriptions.
var subscriptionRules = []rule{
	at(stream, "ErrorReadEventsFailed").hits(aMailbox).do(resubscribe, rediscover).leaves(Dead).gap().
		says("the server deleted the subscription").by("RC N SM"),
	at(stream, "ErrorSubscriptionNotFound").hits(aMailbox, aGroup).do(resubscribe, rediscover).leaves(Dead).gap().
		says("expired, EWS restarted, a bad id, or affinity lost").by("N A RC"),
	at(stream, "ErrorInvalidSubscription").hits(aMailbox, aGroup).do(resubscribe, rediscover).moved(rediscover).leaves(Dead).gap().
		says("expired, restart or overflow of the queue; with MailboxMoveStarted in the text: a move; all but the anchor's, again and again: " +
			"the server keeps them by mailbox, set groups.size to 1").by("RC SM GX, GH ews-managed-api#130"),
	at(stream, "ErrorExpiredSubscription").hits(aMailbox).do(resubscribe).leaves(Dead).gap().
		says("the server is deleting the subscription").by("RC"),
	at(stream, "ErrorSubscriptionUnsubscribed").hits(aMailbox).do(resubscribe).ours(nothing).leaves(Dead).gap().
		says("unsubscribed while it was streamed").by("SE"),
	at(stream, "ErrorNewEventStreamConnectionOpened").hits(aGroup).do(stop).ours(nothing).leaves(Kept).
		says("told to the older of two streams with the same ids: never reopen it; if no newer one is ours, another client uses them").by("RC SE"),
	at(stream, "ErrorMissedNotificationEvents").hits(aMailbox).do(nothing).leaves(Kept).gap().
		says("events were lost; the subscription goes on").by("SE EMA; N resubscribes"),
	at(stream, "ErrorSubscriptionAccessDenied").hits(aMailbox, anAccount).do(resubscribe.with(RightAccount), stop).leaves(Kept).
		says("the subscription belongs to another account").by("RC"),
	at(subscribe, "ErrorSubscriptionDelegateAccessNotSupported").hits(aMailbox).do(park).most(stop).leaves(None).
		says("the caller does not own the mailbox: turn impersonation on").by("RC"),
	at(subscribe, "ErrorInvalidSubscriptionRequest").hits(theClient).do(stop).leaves(None).
		says("a Subscribe named folders of several mailboxes: a bug of the client").by("N RC SE"),
	at(stream, "ErrorInvalidWatermark", "ErrorEventNotFound", "ErrorInvalidPullSubscriptionId").hits(aMailbox).do(resubscribe).leaves(Dead).gap().
		says("the watermark is bad or gone, or the id is of a pull subscription").by("N RC EV"),
	at(stream, "ErrorExceededConnectionCount").hits(aGroup).do(retry.with(FewerStreams).from(30 * time.Second)).leaves(Kept).
		says("the charged mailbox has as many streams open as its HangingConnectionLimit allows").by("N"),
	at(subscribe|readBack, "ErrorExceededConnectionCount").hits(aMailbox, anAccount).do(retry.with(LessParallel)).leaves(Kept).
		says("more unanswered requests than EWSMaxConcurrency allows").by("T, GH ews-managed-api#293"),
	at(subscribe, "ErrorExceededSubscriptionCount").hits(aMailbox).do(park.from(30 * time.Minute)).leaves(None).gap().
		says("EWSMaxSubscriptions is reached: subscriptions of former runs count until they expire").by("N, GH mustang#965"),
	at(unsubscribe, "ErrorSubscriptionNotFound", "ErrorInvalidSubscription", "ErrorExpiredSubscription", "ErrorSubscriptionUnsubscribed").
		hits(aMailbox).do(nothing).leaves(Dead).says("the subscription is gone already, as wanted").by("RC"),
}

// routingRules: mailboxes that are not, or no longer, where the request went.
var routingRules = []rule{
	at(subscribe|stream, "ErrorProxyRequestNotAllowed").hits(aMailbox, aGroup).do(rediscover).leaves(Dead).gap().
		says("the mailbox is in another site: a move or a failover").by("N; SM resubscribes first"),
	at(subscribe|stream|readBack, "ErrorConnectionFailed").hits(aMailbox).do(retry.times(3), rediscover).leaves(Unknown).gap().
		says("EWS cannot reach the mailbox").by("RC XL"),
	at(subscribe|stream|readBack, "ErrorMailboxStoreUnavailable").hits(aMailbox, anEndpoint).do(retry.times(3), rediscover).leaves(Unknown).gap().
		says("the database is offline or overloaded").by("RC SM XL"),
	at(subscribe|stream|readBack, "ErrorMailboxMoveInProgress").hits(aMailbox).do(rediscover.from(5 * time.Minute)).leaves(Dead).gap().
		says("the mailbox is moving, or has moved").by("RC SM XL"),
	at(subscribe|stream|readBack, "ErrorMailboxFailover").hits(aMailbox, anEndpoint).do(retry, regroup).leaves(Unknown).gap().
		says("a failover is running").by("RC"),
	at(subscribe|readBack, "ErrorNoRespondingCASInDestinationSite", "ErrorNoApplicableProxyCASServersAvailable").hits(anEndpoint, anAccount).
		do(retry.times(3), rediscover).leaves(Unknown).gap().
		says("no server answers in the mailbox's site; also seen with app-only tokens").by("RC, GH ews-java-api#289"),
	at(subscribe|readBack, "ErrorNoDestinationCASDueToVersionMismatch", "ErrorInvalidCrossForestCredentials", "ErrorInvalidNetworkServiceContext").
		hits(anEndpoint).do(rediscover, stop).leaves(None).says("the servers are set up so that they cannot reach the mailbox").by("RC XL"),
	at(stream, "ErrorProxiedSubscriptionCallFailure").hits(aGroup).do(retry.times(2), regroup).leaves(Unknown).gap().
		says("the subscriptions are on a server that cannot be reached").by("RC SE"),
	at(subscribe, "ErrorProxyCallFailed").hits(aMailbox, aGroup).do(regroup, resubscribe.with(OwnGroup)).leaves(None).gap().
		says("the second Subscribe of a group failed; seen at Exchange Online with OAuth and the override cookie").by("SE, Stack Overflow 62434351"),
	at(subscribe|readBack, "ErrorProxyRequestProcessingFailed", "ErrorProxySoapException").hits(aMailbox).do(retry.times(2), rediscover).leaves(Unknown).gap().
		says("passing the request on to the mailbox's server failed").by("RC X"),
	at(subscribe|readBack, "ErrorProxyServiceDiscoveryFailed", "ErrorServiceDiscoveryFailed", "ErrorAutoDiscoverFailed").hits(aMailbox).
		do(rediscover, park).leaves(Unknown).gap().says("the server cannot locate the mailbox").by("SE RC XL"),
	at(anywhere, "ErrorProxyTokenExpired").hits(aMailbox).do(retry.times(1), regroup).leaves(Kept).
		says("a token between servers ran out").by("SE"),
	at(subscribe|readBack, "ErrorCrossSiteRequest", "ErrorWrongServerVersion").hits(aMailbox).do(rediscover).leaves(Dead).gap().
		says("wrong site or version for this mailbox").by("SE"),
	at(subscribe|readBack, "ErrorNonExistentMailbox").hits(aMailbox).do(rediscover, park).leaves(Dead).gap().
		says("no such address, or an old endpoint after a migration").by("RC, GH exchangelib#901"),
}
