package messages_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestSubjects(t *testing.T) {
	s := messages.Subjects{Prefix: "ews"}
	tests := []struct{ have, want string }{
		{s.Mailboxes(), "ews.mailbox.>"},
		{s.Mailbox(anna), "ews.mailbox.contoso=2Ecom.anna.*"},
		{s.Folders(anna), "ews.mailbox.contoso=2Ecom.anna.folders"},
		{s.Group(7, "mail.contoso.com/1"), "ews.group.7.mail=2Econtoso=2Ecom=2F1"},
		{s.Groups(), "ews.group.>"},
		{s.Regroup(7, "g1"), "ews.regroup.7.g1"},
		{s.RegroupPartition(7), "ews.regroup.7.*"},
		{s.Regroups(), "ews.regroup.>"},
		{s.Events(), "ews.event.>"},
		{s.Event(messages.Kind{Object: "item", Verb: "newmail"}, "inbox", anna), "ews.event.v1.item.newmail.inbox.contoso=2Ecom.anna"},
		{s.EventsOf(anna), "ews.event.v1.*.*.*.contoso=2Ecom.anna"},
		{s.Coverage("g1"), "ews.coord.coverage.g1"},
		{s.Coordination(), "ews.coord.>"},
		{s.DeadLetter("streamer"), "ews.dlq.streamer"},
		{s.DeadLetters(), "ews.dlq.>"},
		{messages.Subjects{Prefix: "acme.mail"}.Events(), "acme.mail.event.>"},
	}
	for _, test := range tests {
		if test.have != test.want {
			t.Errorf("want %s, have %s", test.want, test.have)
		}
	}
}

func TestFilter(t *testing.T) {
	tests := []struct {
		filter messages.EventFilter
		want   string
	}{
		{messages.EventFilter{}, "ews.event.v1.*.*.*.*.*"},
		{messages.EventFilter{Object: messages.ObjectItem, Verb: messages.VerbNewMail, Folder: messages.FolderInbox, Domain: "Contoso.com"},
			"ews.event.v1.item.newmail.inbox.contoso=2Ecom.*"},
		{messages.EventFilter{Mailbox: anna}, "ews.event.v1.*.*.*.contoso=2Ecom.anna"},
		{messages.EventFilter{Mailbox: anna, Domain: "fabrikam.com"}, "ews.event.v1.*.*.*.contoso=2Ecom.anna"},
		{messages.EventFilter{Object: messages.ObjectMailbox}, "ews.event.v1.mailbox.*.*.*.*"},
		{messages.EventFilter{Domain: "*"}, "ews.event.v1.*.*.*.=2A.*"},
	}
	for _, test := range tests {
		if have := subjects.Filter(test.filter); have != test.want {
			t.Errorf("%+v: want %s, have %s", test.filter, test.want, have)
		}
	}
}

// TestMessagesAreWhereTheirFiltersLook: every stored subject is valid, and
// matched by what reads it.
func TestMessagesAreWhereTheirFiltersLook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mailbox := anyAddress().Draw(t, "mailbox")
		group := messages.GroupID(rapid.StringN(1, 20, 60).Draw(t, "group"))
		url := messages.Endpoint(rapid.String().Draw(t, "url"))
		id := messages.Meta{ID: "F1"}
		item := messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail}
		event := messages.EventMeta{Mailbox: mailbox}

		for _, test := range []struct {
			message messages.Message
			filters []string
		}{
			{encodeFact(t, messages.MailboxStale{Meta: id, Mailbox: mailbox}), []string{subjects.Mailboxes(), subjects.Mailbox(mailbox)}},
			{encodeFact(t, messages.MailboxFolders{Meta: id, Mailbox: mailbox}), []string{subjects.Mailbox(mailbox), subjects.Folders(mailbox)}},
			{encodeFact(t, messages.GroupSubscribed{Meta: id, Group: group, URL: url}),
				[]string{subjects.Groups(), subjects.Group(url.Partition(), group)}},
			{encodeFact(t, messages.RegroupRequested{Meta: id, Group: group, URL: url}),
				[]string{subjects.Regroups(), subjects.RegroupPartition(url.Partition())}},
			{encodeEvent(t, messages.MailboxEvent{EventMeta: event, What: item}), []string{subjects.Events(), subjects.EventsOf(mailbox),
				subjects.Filter(messages.EventFilter{Object: item.Object, Verb: item.Verb, Domain: mailbox.Domain()}),
				subjects.Filter(messages.EventFilter{Folder: messages.FolderNone, Mailbox: mailbox})}},
			{encodeEvent(t, messages.MailboxGap{EventMeta: event}), []string{subjects.EventsOf(mailbox),
				subjects.Filter(messages.EventFilter{Object: messages.ObjectMailbox, Verb: messages.VerbGap, Folder: messages.FolderNone})}},
		} {
			mustBeSubject(t, test.message.Subject)
			for _, filter := range test.filters {
				if !matches(filter, test.message.Subject) {
					t.Fatalf("%s does not match %s", filter, test.message.Subject)
				}
			}
		}
		mustBeSubject(t, subjects.Coverage(group))
		mustBeSubject(t, subjects.DeadLetter(string(group)))
	})
}

// mustBeSubject holds s to NATS's rules for a subject that is published to.
func mustBeSubject(t *rapid.T, s string) {
	t.Helper()
	for token := range strings.SplitSeq(s, ".") {
		if token == "" || strings.ContainsAny(token, " *>\t\r\n\x00") {
			t.Fatalf("%q is no subject: token %q", s, token)
		}
	}
}

// matches is NATS's matching of a subject by a filter.
func matches(filter, subject string) bool {
	want, have := strings.Split(filter, "."), strings.Split(subject, ".")
	for i, token := range want {
		switch {
		case token == ">":
			return len(have) > i
		case i >= len(have) || token != "*" && token != have[i]:
			return false
		}
	}
	return len(want) == len(have)
}
