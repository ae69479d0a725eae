package messages

import (
	"fmt"
	"hash/fnv"
	"io"
)

// Endpoint is an ExternalEwsUrl as Autodiscover gave it. Politeness is owed to an endpoint.
type Endpoint string

// Grouping is Autodiscover's GroupingInformation; empty where the server gives none.
type Grouping string

// GroupID names an affinity group: at most 200 mailboxes with one Endpoint and one Grouping.
type GroupID string

// Generation counts the lives of a group: one anchor, one override cookie. It begins at 1.
type Generation uint64

// Revision counts the member lists within a generation. It begins at 1.
type Revision uint64

// SubscriptionID is Exchange's opaque name of a streaming subscription.
type SubscriptionID string

// Epoch is one life of a mailbox's events: the stream sequence of the
// mailbox.streaming event that opened it. Later epochs have greater numbers.
type Epoch uint64

// Sequence counts the events of a mailbox within an epoch: 1, 2, 3, … without holes.
type Sequence uint64

// Partitions is the number of partitions that endpoints and mailbox names are spread over.
const Partitions = 64

// Partition is a number below [Partitions].
type Partition int

// Partition is the endpoint's: the P of its groups' subjects.
func (e Endpoint) Partition() Partition { return partitionOf(string(e)) }

// Partition is the mailbox name's: a discoverer's unit of ownership.
func (a Address) Partition() Partition { return partitionOf(string(a)) }

func partitionOf(s string) Partition {
	h := fnv.New32a()
	h.Write([]byte(s))
	return Partition(h.Sum32() % Partitions)
}

// Cookie is the value of an X-BackEndOverrideCookie or exchangecookie. It routes
// requests to a server past the load balancer, so it is kept out of logs: every
// formatting verb shows a placeholder. Value gives it back; JSON carries it, and
// so does a logger that writes values as JSON. Where a struct keeps it in an
// unexported field, fmt cannot ask it and shows it.
type Cookie string

// Value is the cookie as Exchange set it.
func (c Cookie) Value() string { return string(c) }

// String hides the value.
func (c Cookie) String() string {
	if c == "" {
		return "none"
	}
	return "redacted"
}

// Format hides the value from every verb, also those that do not ask String.
func (c Cookie) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// FolderName is the well-known name of a folder as subjects carry it.
type FolderName string

// The folders that have a name of their own in subjects; every other folder is
// FolderOther, and FolderNone stands where an event has no folder.
const (
	FolderInbox        FolderName = "inbox"
	FolderSentItems    FolderName = "sentitems"
	FolderDrafts       FolderName = "drafts"
	FolderDeletedItems FolderName = "deleteditems"
	FolderJunkEmail    FolderName = "junkemail"
	FolderOutbox       FolderName = "outbox"
	FolderCalendar     FolderName = "calendar"
	FolderContacts     FolderName = "contacts"
	FolderTasks        FolderName = "tasks"
	FolderNotes        FolderName = "notes"
	FolderOther        FolderName = "other"
	FolderNone         FolderName = "none"
)

// WellKnownFolders lists the folders that one folder query per mailbox resolves:
// the DistinguishedFolderId names of the EWS schema.
func WellKnownFolders() []FolderName {
	return []FolderName{
		FolderInbox, FolderSentItems, FolderDrafts, FolderDeletedItems, FolderJunkEmail,
		FolderOutbox, FolderCalendar, FolderContacts, FolderTasks, FolderNotes,
	}
}

// Place is how the mailbox server of a group is reached: the endpoint, the
// anchor mailbox, and the cookies that Exchange set.
type Place struct {
	Group          GroupID
	URL            Endpoint
	Anchor         Address
	Cookie         Cookie // X-BackEndOverrideCookie; empty where none was set
	ExchangeCookie Cookie // exchangecookie, by which Exchange 2010 routes; empty where none was set
}
