package messages_test

import (
	"fmt"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// A consumer subscribes to a filter and decodes what comes.
func Example() {
	subjects := messages.Subjects{Prefix: messages.DefaultPrefix}
	fmt.Println(subjects.Filter(messages.EventFilter{
		Object: messages.ObjectItem, Verb: messages.VerbNewMail, Folder: messages.FolderInbox, Domain: "contoso.com",
	}))

	arrived, err := messages.EncodeEvent(subjects, messages.MailboxEvent{
		EventMeta: messages.EventMeta{
			Mailbox: "anna@contoso.com", Time: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC), Epoch: 4711, Sequence: 1,
		},
		Event:  "NewMailEvent",
		What:   messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail},
		Folder: messages.FolderInbox,
		Item:   &messages.Ref{ID: "AAMkAD="},
		Origin: messages.OriginStream,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(arrived.Subject)

	event, err := messages.DecodeEvent(arrived, 4712) // its stream sequence
	if err != nil {
		fmt.Println(err)
		return
	}
	if mail, ok := event.(messages.MailboxEvent); ok {
		fmt.Println(mail.Mailbox, mail.Event, mail.Item.ID, mail.ID())
	}
	// Output:
	// ews.event.v1.item.newmail.inbox.contoso=2Ecom.*
	// ews.event.v1.item.newmail.inbox.contoso=2Ecom.anna
	// anna@contoso.com NewMailEvent AAMkAD= 4711-1
}

// An address is two tokens of a subject and can be read back from it.
func ExampleParseAddressToken() {
	address, err := messages.ParseAddress("Anna.B@Contoso.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(address.Token())
	fmt.Println(messages.ParseAddressToken("contoso=2Ecom.anna=2Eb"))
	// Output:
	// contoso=2Ecom.anna=2Eb
	// anna.b@contoso.com <nil>
}
