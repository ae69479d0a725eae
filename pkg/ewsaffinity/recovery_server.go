package ewsaffinity

// serverRules: load, transient failures and the directory.
var serverRules = []rule{
	at(anywhere, "ErrorServerBusy").hits(aMailbox, anAccount, anEndpoint).do(honourHint).leaves(Kept).
		says("throttled, mostly by what this caller did").by("T N"),
	at(readBack, "ErrorExceededFindCountLimit").hits(aMailbox).do(retry.with(SmallerRequest)).leaves(Kept).
		says("the page is larger than EWSFindCountLimit").by("T"),
	at(subscribe|readBack, "ErrorTooManyObjectsOpened").hits(aMailbox).do(retry.with(LessParallel)).leaves(Kept).
		says("too many objects are open in the mailbox's store session").by("RC XL"),
	at(subscribe|readBack, "ErrorTimeoutExpired").hits(aMailbox).do(retry.with(SmallerRequest)).leaves(Kept).
		says("the server had no time left for the request").by("RC Y"),
	at(anywhere, "ErrorInsufficientResources", "ErrorNotEnoughMemory").hits(anEndpoint).do(retry).leaves(Kept).
		says("the server is overloaded").by("RC; XL rediscovers for memory"),
	at(anywhere, "ErrorInternalServerTransientError", "ErrorClientDisconnected", "ErrorConnectionFailedTransientError").hits(aMailbox, anEndpoint).
		do(retry).leaves(Kept).says("a failure that passes").by("RC XL"),
	at(anywhere, "ErrorInternalServerError").hits(aMailbox, aGroup).do(retry.times(3), resubscribe, rediscover).leaves(Unknown).gap().
		says("the server failed and named no inner code").by("RC T XL"),
	at(anywhere, "ErrorADUnavailable", "ErrorADOperation").hits(anEndpoint).do(retry).leaves(Kept).
		says("the directory is down").by("RC"),
	at(readBack, "ErrorBatchProcessingStopped").hits(aMailbox).do(retry.with(RestOfBatch)).leaves(Kept).
		says("an earlier item of the batch failed").by("RC"),
}

// accountRules: who may do what. None of them is cured by asking more often.
var accountRules = []rule{
	at(subscribe|stream|readBack, "ErrorAccountDisabled").hits(aMailbox, anAccount).do(park).most(stop).leaves(Dead).gap().
		says("the mailbox's account is disabled; where all have it, the service account is").by("RC"),
	at(anywhere, "ErrorPasswordExpired", "ErrorPasswordChangeRequired").hits(anAccount).do(stop).leaves(Kept).gap().
		says("the service account needs a new password").by("RC"),
	at(subscribe|readBack, "ErrorAccessDenied").hits(aMailbox).do(park).leaves(None).
		says("no right to the mailbox").by("RC"),
	at(subscribe|readBack, "ErrorImpersonateUserDenied").hits(aMailbox).do(park).most(stop).leaves(None).gap().
		says("the service account may not impersonate this mailbox; where a fifth have it, it lost the role").by("RC GX"),
	at(anywhere, "ErrorImpersonationDenied").hits(anAccount).do(stop).leaves(None).
		says("the service account may not impersonate by this server").by("RC"),
	at(subscribe, "ErrorImpersonationFailed").hits(aMailbox, anEndpoint).do(retry.times(2), park).leaves(None).
		says("impersonation failed in server, directory or trust").by("RC GX"),
	at(subscribe, "ErrorInvalidExchangeImpersonationHeaderData", "ErrorInvalidUserPrincipalName", "ErrorInvalidUserSid").hits(aMailbox).
		do(retry.times(1), park).leaves(None).says("the server does not understand whom to impersonate").by("RC, GH ews-managed-api#212"),
	at(anywhere, "ErrorProxyGroupSidLimitExceeded", "ErrorCallerIsInvalidADAccount", "ErrorOrganizationAccessBlocked").hits(anAccount).
		do(stop).leaves(None).says("the service account is in too many groups, unknown, or its organisation is closed").by("RC"),
	at(subscribe|readBack, "ErrorMailboxConfiguration", "ErrorMailboxLogonFailed", "ErrorQuotaExceeded").hits(aMailbox).do(park).leaves(None).
		says("the mailbox is set up wrongly, refuses the logon, or is full").by("RC"),
	at(subscribe, "ErrorCannotFindUser", "ErrorInvalidSmtpAddress").hits(aMailbox).do(park).leaves(None).
		says("no mailbox has this address").by("RC GX"),
	at(subscribe, "ErrorNonPrimarySmtpAddress").hits(aMailbox).do(rediscover.with(PrimaryAddress)).leaves(None).
		says("the answer names the mailbox's primary address").by("RC"),
}

// requestRules: what is wrong with a request or with an id in it.
var requestRules = []rule{
	at(subscribe|readBack, "ErrorFolderNotFound", "ErrorSyncFolderNotFound").hits(aMailbox).do(resubscribe.with(ResolveFolders), park).leaves(Kept).gap().
		says("a folder id is stale, or there is no right to it").by("RC"),
	at(readBack, "ErrorItemNotFound").hits(aMailbox).do(nothing.with(LeaveOut)).leaves(Kept).
		says("the item is gone or was moved, as happens").by("RC"),
	at(readBack, "ErrorInvalidId", "ErrorInvalidIdEmpty", "ErrorInvalidIdMalformed", "ErrorInvalidIdMonikerTooLong").hits(aMailbox).
		do(nothing.with(LeaveOut)).leaves(Kept).says("an item or folder id is bad").by("RC GX"),
	at(stream, "ErrorInvalidId", "ErrorInvalidIdEmpty", "ErrorInvalidIdMalformed", "ErrorInvalidIdMonikerTooLong").hits(aMailbox).
		do(resubscribe).leaves(Kept).says("a subscription id is bad").by("RC GX"),
	at(readBack, "ErrorInvalidSyncStateData").hits(aMailbox).do(retry.with(NewSyncState)).leaves(Kept).gap().
		says("the sync state is damaged or of another mailbox").by("RC Y"),
	at(anywhere, "ErrorInvalidServerVersion").hits(anEndpoint).do(retry.with(OlderVersion), stop).leaves(None).
		says("RequestServerVersion is newer than the server").by("SE"),
	at(anywhere, "ErrorIncorrectSchemaVersion").hits(anEndpoint).do(retry.with(NewerVersion), stop).leaves(None).
		says("RequestServerVersion is older than the request's elements").by("SE; XL rediscovers"),
	at(subscribe|readBack, "ErrorInvalidSchemaVersionForMailboxVersion").hits(aMailbox).do(retry.with(OlderVersion), rediscover).leaves(None).
		says("the mailbox is on an older server").by("SE"),
	at(anywhere, "ErrorSchemaValidation", "ErrorInvalidRequest", "ErrorMissingEmailAddress", "ErrorADSessionFilter").hits(theClient).do(stop).leaves(Kept).
		says("the request is wrong: a bug of the client").by("RC"),
	at(readBack|stream, "ErrorRequestStreamTooBig", HTTPStatus(413)).hits(theClient).do(retry.with(SmallerRequest)).leaves(Kept).
		says("the request has more than 400 KB").by("RC"),
}
