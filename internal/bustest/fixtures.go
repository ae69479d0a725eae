package bustest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// patience bounds every wait of the suite: a bus that needs more has failed.
const patience = 20 * time.Second

const (
	anna = messages.Address("anna@contoso.com")
	bert = messages.Address("bert.o'neil@contoso.com")

	endpoint = messages.Endpoint("https://mail.contoso.com/EWS/Exchange.asmx")
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 123456789, time.UTC)

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func enrolled(id string, mailbox messages.Address) messages.MailboxEnrolled {
	return messages.MailboxEnrolled{
		Meta:       messages.Meta{ID: id, Time: noon, Cause: messages.Cause{ID: "cause-of-" + id, Reason: "it is listed"}},
		Mailbox:    mailbox,
		EnrolledBy: "file:mailboxes.txt",
	}
}

// group is a decision on a group of anna and bert.
func group(id string, g messages.GroupID, revision messages.Revision) messages.GroupSubscribed {
	return messages.GroupSubscribed{
		Meta:       messages.Meta{ID: id, Time: noon},
		Group:      g,
		Generation: 1,
		Revision:   revision,
		URL:        endpoint,
		Grouping:   "site-1",
		Anchor:     anna,
		Cookie:     "cookie-of-" + messages.Cookie(g),
		Since:      noon,
		Subscriptions: map[messages.Address]messages.Subscription{
			anna: {ID: "sub-anna", Since: noon},
			bert: {ID: "sub-bert", Since: noon},
		},
	}
}

func request(id string, g messages.GroupID) messages.RegroupRequested {
	return messages.RegroupRequested{
		Meta:       messages.Meta{ID: id, Time: noon},
		Group:      g,
		Generation: 1,
		URL:        endpoint,
		Died:       map[messages.Address]messages.SubscriptionID{anna: "sub-anna"},
		Code:       "ErrorProxyRequestNotAllowed",
		Action:     messages.RegroupAll,
	}
}

// newMail is event number n of epoch 7 of a mailbox.
func newMail(mailbox messages.Address, n messages.Sequence) messages.MailboxEvent {
	return messages.MailboxEvent{
		EventMeta: messages.EventMeta{
			Mailbox: mailbox, Group: "g1", Generation: 1,
			Time: noon.Truncate(time.Second), Recorded: noon, Epoch: 7, Sequence: n,
		},
		Event:  "NewMailEvent",
		What:   messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail},
		Folder: messages.FolderInbox,
		Item:   &messages.Ref{ID: fmt.Sprintf("item-%d", n), ChangeKey: "CQ=="},
		Origin: messages.OriginStream,
	}
}

func newMails(mailbox messages.Address, from, to messages.Sequence) []messages.Event {
	var events []messages.Event
	for n := from; n <= to; n++ {
		events = append(events, newMail(mailbox, n))
	}
	return events
}

// receive takes the next element of a channel.
func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case got, ok := <-from:
		if !ok {
			t.Fatalf("%s: the channel was closed", what)
		}
		return got
	case <-time.After(patience):
		t.Fatalf("%s: nothing came within %s", what, patience)
	}
	panic("unreachable")
}

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
