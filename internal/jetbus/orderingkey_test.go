package jetbus

import (
	"testing"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestOrderingKeys(t *testing.T) {
	for _, prefix := range []string{"ews", "a.mailbox.b.event.c"} {
		s := messages.Subjects{Prefix: prefix}
		keyOf := orderingKeys(s)
		newmail := s.Event(messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail}, messages.FolderInbox, anna)
		deleted := s.Event(messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbDeleted}, messages.FolderOther, anna)
		fact, err := messages.EncodeFact(s, enrolled("f", anna))
		must(t, err)
		for subject, want := range map[string]string{
			newmail: anna.Token(), deleted: anna.Token(), fact.Subject: anna.Token(), s.Folders(anna): anna.Token(),
			s.Folders(bert): bert.Token(), s.Group(7, "g1"): s.Group(7, "g1"), "x": "x",
		} {
			expect(t, subject, want, keyOf(subject))
		}
	}
}
