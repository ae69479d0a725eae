package messages

import (
	"strconv"
	"time"
)

// Object is what an event is about: the third token after the prefix.
type Object string

// Verb is what happened: the fourth token after the prefix.
type Verb string

// Kind is an object with its verb.
type Kind struct {
	Object Object
	Verb   Verb
}

// Objects and verbs of the public subjects.
const (
	ObjectItem    Object = "item"
	ObjectFolder  Object = "folder"
	ObjectMailbox Object = "mailbox"

	VerbNewMail         Verb = "newmail"
	VerbCreated         Verb = "created"
	VerbModified        Verb = "modified"
	VerbDeleted         Verb = "deleted"
	VerbMoved           Verb = "moved"
	VerbCopied          Verb = "copied"
	VerbFreeBusyChanged Verb = "freebusychanged"

	VerbStreaming Verb = "streaming"
	VerbStopped   Verb = "stopped"
	VerbGap       Verb = "gap"
	VerbHealed    Verb = "healed"
)

// Type is the CloudEvents type, such as ewsnats.item.newmail.v1.
func (k Kind) Type() string { return "ewsnats." + string(k.Object) + "." + string(k.Verb) + ".v1" }

// EventMeta is what every event carries besides its content.
type EventMeta struct {
	Mailbox    Address    `json:"mailbox"`
	Group      GroupID    `json:"group"`
	Generation Generation `json:"generation"`
	Time       time.Time  `json:"timestamp"` // Exchange's time; whole seconds for notifications: never an order key
	Recorded   time.Time  `json:"-"`         // when the streamer read it
	Epoch      Epoch      `json:"-"`
	Sequence   Sequence   `json:"-"`
}

// Event is one of MailboxEvent, MailboxStreaming, MailboxStopped, MailboxGap,
// MailboxHealed and UnknownEvent.
type Event interface {
	// Meta is the common part.
	Meta() EventMeta
	// Kind is object and verb.
	Kind() Kind
	// InFolder is the folder token of the subject.
	InFolder() FolderName
	// ID is the CloudEvents id, unique for the mailbox: a re-publish keeps it.
	ID() string
}

// Meta returns the common part.
func (m EventMeta) Meta() EventMeta { return m }

// InFolder is FolderNone: lifecycle events have no folder.
func (m EventMeta) InFolder() FolderName { return FolderNone }

// ID is EPOCH-SEQUENCE.
func (m EventMeta) ID() string {
	var room [2*20 + 1]byte // two numbers of 64 bits
	epoch := strconv.AppendUint(room[:0], uint64(m.Epoch), 10)
	return string(strconv.AppendUint(append(epoch, '-'), uint64(m.Sequence), 10))
}

// MsgID is the Nats-Msg-Id of an event: its mailbox's token and its id.
func MsgID(e Event) string { return e.Meta().Mailbox.Token() + "." + e.ID() }

// MailboxEvent is one event of a notification: something happened to an item or
// a folder of the mailbox.
type MailboxEvent struct {
	EventMeta
	Event        string     `json:"event"` // EWS element name, such as NewMailEvent
	What         Kind       `json:"-"`
	Folder       FolderName `json:"folder"` // well-known name of the parent folder
	Item         *Ref       `json:"item,omitempty"`
	FolderRef    *Ref       `json:"folderId,omitempty"`
	Parent       *Ref       `json:"parentFolder,omitempty"`
	OldItem      *Ref       `json:"oldItem,omitempty"`
	OldFolderRef *Ref       `json:"oldFolderId,omitempty"`
	OldParent    *Ref       `json:"oldParentFolder,omitempty"`
	UnreadCount  *int       `json:"unreadCount,omitempty"`
	Origin       Origin     `json:"-"`
}

// Ref is an item or folder id with its change key. The change key of a
// notification is a stub, not the item's key.
type Ref struct {
	ID        string `json:"id"`
	ChangeKey string `json:"changeKey,omitempty"`
}

// Origin tells a notification from what was found by reading back.
type Origin string

// Origins.
const (
	OriginStream    Origin = "stream"
	OriginRecovered Origin = "recovered"
)

// Kind is object and verb.
func (e MailboxEvent) Kind() Kind { return e.What }

// InFolder is the folder token of the subject: FolderNone when no folder is set.
func (e MailboxEvent) InFolder() FolderName {
	if e.Folder == "" {
		return FolderNone
	}
	return e.Folder
}

// SubjectID is the CloudEvents subject: the id of the item or folder.
func (e MailboxEvent) SubjectID() string {
	switch {
	case e.Item != nil:
		return e.Item.ID
	case e.FolderRef != nil:
		return e.FolderRef.ID
	}
	return ""
}
