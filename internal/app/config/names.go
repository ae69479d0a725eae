package config

// maxGroupSize is the most subscriptions that one GetStreamingEvents may name,
// and so the most mailboxes of a group (Microsoft, "How to maintain affinity
// between a group of subscriptions and the Mailbox server in Exchange").
const maxGroupSize = 200

// eventElements are the values of NotificationEventTypeType in Exchange's types.xsd.
func eventElements() []string {
	return []string{
		"CopiedEvent", "CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent",
		"NewMailEvent", "FreeBusyChangedEvent",
	}
}

// serverVersions are the values of ExchangeVersionType in Exchange's types.xsd
// that know streaming subscriptions: Exchange 2010 SP1 brought them.
func serverVersions() []string {
	return []string{
		"Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1",
		"Exchange2015", "Exchange2016",
	}
}

// folderNames are the values of DistinguishedFolderIdNameType in Exchange's
// types.xsd that lie in a user's own primary mailbox.
func folderNames() []string {
	return []string{
		"calendar", "contacts", "deleteditems", "drafts", "inbox", "journal", "notes",
		"outbox", "sentitems", "tasks", "msgfolderroot", "root", "junkemail",
		"searchfolders", "voicemail", "recoverableitemsroot", "recoverableitemsdeletions",
		"recoverableitemsversions", "recoverableitemspurges", "syncissues", "conflicts",
		"localfailures", "serverfailures", "recipientcache", "quickcontacts",
		"conversationhistory", "todosearch", "mycontacts", "imcontactlist",
		"peopleconnect", "favorites",
	}
}
