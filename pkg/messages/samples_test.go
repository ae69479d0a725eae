package messages_test

import (
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

var (
	noon  = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	later = time.Date(2026, 3, 4, 12, 0, 7, 123456789, time.UTC) // nanoseconds are kept

	anna = messages.Address("anna@contoso.com")
	bert = messages.Address("o'bert.ärmel@contoso.com")

	endpoint = messages.Endpoint("https://mail.contoso.com/EWS/Exchange.asmx")
	subjects = messages.Subjects{Prefix: messages.DefaultPrefix}
)

func meta(id string) messages.Meta {
	return messages.Meta{ID: id, Time: later, Cause: messages.Cause{ID: "C0", Reason: "ErrorSubscriptionNotFound"}}
}

func eventMeta(sequence messages.Sequence) messages.EventMeta {
	m := messages.EventMeta{Mailbox: bert, Group: "mail.contoso.com/1", Generation: 3, Time: noon, Recorded: later}
	if sequence > 0 {
		m.Epoch, m.Sequence = 4711, sequence
	}
	return m
}

// sampleFacts has one fact of each type, with every field set.
func sampleFacts() []messages.Fact {
	return []messages.Fact{
		messages.MailboxEnrolled{Meta: meta("F1"), Mailbox: anna, EnrolledBy: "file:mailboxes.txt"},
		messages.MailboxWithdrawn{Meta: meta("F2"), Mailbox: anna, EnrolledBy: "file:mailboxes.txt"},
		messages.MailboxDiscovered{Meta: meta("F3"), Mailbox: bert, URL: endpoint, Grouping: "CONTOSO-1"},
		messages.MailboxStale{Meta: meta("F4"), Mailbox: anna, Code: "ErrorProxyRequestNotAllowed"},
		messages.MailboxUndiscoverable{Meta: meta("F5"), Mailbox: anna, Code: "InvalidUser",
			Text: "The e-mail address \"anna\" can't be found.", Attempts: 2, NextAttempt: later},
		messages.MailboxFolders{Meta: meta("F6"), Mailbox: anna,
			Folders: map[messages.FolderName]string{messages.FolderInbox: "AAMkAD=", messages.FolderCalendar: "AAMkAE="}},
		messages.MailboxGrouped{Meta: meta("F7"), Mailbox: anna, Group: "mail.contoso.com/1", Generation: 3,
			Revision: 2, Subscription: "JgBj", Lost: "silence"},
		messages.MailboxParked{Meta: meta("F8"), Mailbox: anna, Code: "ErrorAccessDenied", Text: "Access is denied.",
			Attempts: 1, NextAttempt: noon},
		messages.GroupSubscribed{Meta: meta("F9"), Group: "mail.contoso.com/1", Generation: 3, Revision: 2, URL: endpoint,
			Grouping: "CONTOSO-1", Anchor: anna, Cookie: "mbx1~1942062522", ExchangeCookie: "0123456789abcdef0123456789abcdef", Since: noon,
			Subscriptions: map[messages.Address]messages.Subscription{
				anna: {ID: "JgBj", Since: noon}, bert: {ID: "JgBk", Since: later}},
			Left: map[messages.Address]messages.Left{"carl@contoso.com": {Reason: messages.StopLost, Code: "ErrorExpiredSubscription"}}},
		messages.RegroupRequested{Meta: meta("F10"), Group: "mail.contoso.com/1", Generation: 3, URL: endpoint,
			Died: map[messages.Address]messages.SubscriptionID{anna: "JgBj"}, Code: "ErrorInvalidSubscription",
			Text: "Event type = MailboxMoveStarted", Action: messages.Rediscover},
	}
}

// sampleEvents has one event of each type, with every field set.
func sampleEvents() []messages.Event {
	unread := 0
	return []messages.Event{
		messages.MailboxEvent{EventMeta: eventMeta(1), Event: "MovedEvent",
			What:   messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbMoved},
			Folder: messages.FolderInbox, Item: &messages.Ref{ID: "AAMk item=", ChangeKey: "CQAAAA=="},
			Parent: &messages.Ref{ID: "AAMkparent="}, OldItem: &messages.Ref{ID: "AAMkold="},
			OldParent: &messages.Ref{ID: "AAMkoldparent="}, Origin: messages.OriginStream},
		messages.MailboxEvent{EventMeta: eventMeta(2), Event: "ModifiedEvent",
			What:   messages.Kind{Object: messages.ObjectFolder, Verb: messages.VerbModified},
			Folder: messages.FolderOther, FolderRef: &messages.Ref{ID: "AAMkfolder="},
			OldFolderRef: &messages.Ref{ID: "AAMkoldfolder="}, UnreadCount: &unread, Origin: messages.OriginRecovered},
		messages.MailboxStreaming{EventMeta: eventMeta(0), Opening: "O1", FormerEpoch: 4000, LastSequence: 17, Reason: "taken over"},
		messages.MailboxStopped{EventMeta: eventMeta(3), CoveredUntil: noon, Reason: messages.StopLost, Code: "ErrorReadEventsFailed"},
		messages.MailboxGap{EventMeta: eventMeta(4), From: noon, To: later, Uncertainty: messages.GapUncertainty,
			Cause: "silence", Basis: messages.BasisCoverage},
		messages.MailboxHealed{EventMeta: eventMeta(5), From: noon, To: later, Missing: []string{"deleted", "moved"}},
	}
}

// typeOf names a sample's type for test and file names.
func typeOf(m messages.Message) string { return m.Header["ce-type"][0] }
