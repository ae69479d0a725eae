package messages

import (
	"fmt"
	"strings"
)

// Subjects builds subject names below a prefix, by default "ews".
type Subjects struct{ Prefix string }

// DefaultPrefix begins every subject unless configured otherwise.
const DefaultPrefix = "ews"

func (s Subjects) mailbox(a Address, fact string) string {
	return s.Prefix + ".mailbox." + a.Token() + "." + fact
}

// Mailboxes matches every fact of every mailbox.
func (s Subjects) Mailboxes() string { return s.Prefix + ".mailbox.>" }

// Mailbox matches every fact of one mailbox.
func (s Subjects) Mailbox(a Address) string { return s.Prefix + ".mailbox." + a.Token() + ".*" }

// Folders is where the folders fact of a mailbox is stored.
func (s Subjects) Folders(a Address) string { return s.mailbox(a, factFolders) }

// Group is where the GroupSubscribed of a group is stored.
func (s Subjects) Group(p Partition, g GroupID) string {
	return fmt.Sprintf("%s.group.%d.%s", s.Prefix, p, Token(string(g)))
}

// Groups matches the GroupSubscribed of every group.
func (s Subjects) Groups() string { return s.Prefix + ".group.>" }

// Regroup is where a group's RegroupRequested are stored.
func (s Subjects) Regroup(p Partition, g GroupID) string {
	return fmt.Sprintf("%s.regroup.%d.%s", s.Prefix, p, Token(string(g)))
}

// RegroupPartition matches the RegroupRequested of a partition.
func (s Subjects) RegroupPartition(p Partition) string {
	return fmt.Sprintf("%s.regroup.%d.*", s.Prefix, p)
}

// Regroups matches every RegroupRequested.
func (s Subjects) Regroups() string { return s.Prefix + ".regroup.>" }

// Events matches every event.
func (s Subjects) Events() string { return s.Prefix + ".event.>" }

// Event is where an event is stored: ews.event.v1.OBJECT.VERB.FOLDER.DOMAIN.LOCAL.
func (s Subjects) Event(kind Kind, folder FolderName, mailbox Address) string {
	return s.event(kind, folder, mailbox.Token())
}

func (s Subjects) event(kind Kind, folder FolderName, mailboxToken string) string {
	return s.Prefix + ".event.v1." + string(kind.Object) + "." + string(kind.Verb) + "." + string(folder) + "." + mailboxToken
}

// Streaming is where the openings of a mailbox's epochs are stored.
func (s Subjects) Streaming(mailbox Address) string {
	return s.Event(MailboxStreaming{}.Kind(), FolderNone, mailbox)
}

// EventsOf matches the events of one mailbox.
func (s Subjects) EventsOf(mailbox Address) string {
	return s.Prefix + ".event.v1.*.*.*." + mailbox.Token()
}

// EventFilter selects events. Empty fields match all.
type EventFilter struct {
	Object  Object
	Verb    Verb
	Folder  FolderName
	Domain  string  // mailboxes of this domain
	Mailbox Address // one mailbox; wins over Domain
}

// Filter is the subject filter of f.
func (s Subjects) Filter(f EventFilter) string {
	mailbox := "*.*"
	switch {
	case f.Mailbox != "":
		mailbox = f.Mailbox.Token()
	case f.Domain != "":
		mailbox = Token(f.Domain) + ".*"
	}
	return strings.Join([]string{s.Prefix, "event.v1", orAny(string(f.Object)), orAny(string(f.Verb)),
		orAny(string(f.Folder)), mailbox}, ".")
}

func orAny(token string) string {
	if token == "" {
		return "*"
	}
	return token
}

// Coverage is where the coverage record of a group is stored.
func (s Subjects) Coverage(g GroupID) string { return s.Prefix + ".coord.coverage." + Token(string(g)) }

// Member is where a member of a stage keeps its lease.
func (s Subjects) Member(stage, id string) string {
	return s.Prefix + ".coord.member." + Token(stage) + "." + Token(id)
}

// Members matches the leases of a stage's members; of every stage's when it is empty.
func (s Subjects) Members(stage string) string {
	return s.Prefix + ".coord.member." + orAny(Token(stage)) + ".*"
}

// Claim is where the claim on a unit of a stage is stored.
func (s Subjects) Claim(stage, unit string) string {
	return s.Prefix + ".coord.claim." + Token(stage) + "." + Token(unit)
}

// Claims matches the claims of a stage; of every stage when it is empty.
func (s Subjects) Claims(stage string) string {
	return s.Prefix + ".coord.claim." + orAny(Token(stage)) + ".*"
}

// Coverages matches the coverage records of every group.
func (s Subjects) Coverages() string { return s.Prefix + ".coord.coverage.*" }

// Credential is where the refused logins of a credential are counted. hash names
// it without telling it.
func (s Subjects) Credential(hash string) string {
	return s.Prefix + ".coord.credential." + Token(hash)
}

// Coordination matches leases, claims, coverage and credentials.
func (s Subjects) Coordination() string { return s.Prefix + ".coord.>" }

// DeadLetter is where a stage puts messages no one could handle.
func (s Subjects) DeadLetter(stage string) string { return s.Prefix + ".dlq." + Token(stage) }

// DeadLetters matches the dead letters of every stage.
func (s Subjects) DeadLetters() string { return s.Prefix + ".dlq.>" }
