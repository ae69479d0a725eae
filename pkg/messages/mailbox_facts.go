package messages

import "time"

// MailboxEnrolled: a source wants the mailbox streamed.
type MailboxEnrolled struct {
	Meta
	Mailbox    Address `json:"mailbox"`
	EnrolledBy string  `json:"source"` // who wants it, such as file:mailboxes.txt; a source touches only its own
}

// MailboxWithdrawn: a source no longer wants the mailbox. Other sources may.
type MailboxWithdrawn struct {
	Meta
	Mailbox    Address `json:"mailbox"`
	EnrolledBy string  `json:"source"`
}

// MailboxDiscovered: Autodiscover's answer, published changed or not.
type MailboxDiscovered struct {
	Meta
	Mailbox  Address  `json:"mailbox"`
	URL      Endpoint `json:"externalEwsUrl"`
	Grouping Grouping `json:"groupingInformation"`
}

// MailboxStale: what is known of the mailbox's place is doubted; a discovery
// newer than this fact settles it.
type MailboxStale struct {
	Meta
	Mailbox Address `json:"mailbox"`
	Code    string  `json:"code"` // response code or condition that raised the doubt
}

// MailboxUndiscoverable: Autodiscover gave no usable answer.
type MailboxUndiscoverable struct {
	Meta
	Mailbox     Address   `json:"mailbox"`
	Code        string    `json:"code"`
	Text        string    `json:"text,omitempty"` // the server's words
	Attempts    int       `json:"attempts"`       // in a row
	NextAttempt time.Time `json:"nextAttempt"`
}

// MailboxFolders: the ids of the mailbox's well-known folders, as one folder
// query gave them. A folder the mailbox lacks is absent.
type MailboxFolders struct {
	Meta
	Mailbox Address               `json:"mailbox"`
	Folders map[FolderName]string `json:"folders"`
}

// MailboxGrouped: the mailbox's place in its group changed. Without Subscription
// it has none: Lost then names the response code or condition that took it,
// empty when the mailbox merely left.
type MailboxGrouped struct {
	Meta
	Mailbox      Address        `json:"mailbox"`
	Group        GroupID        `json:"group"`
	Generation   Generation     `json:"generation"`
	Revision     Revision       `json:"revision"`
	Subscription SubscriptionID `json:"subscription,omitempty"`
	Lost         string         `json:"lost,omitempty"`
}

// MailboxParked: the mailbox is left alone until NextAttempt.
type MailboxParked struct {
	Meta
	Mailbox     Address   `json:"mailbox"`
	Code        string    `json:"code"`
	Text        string    `json:"text,omitempty"`
	Attempts    int       `json:"attempts"` // times parked in a row
	NextAttempt time.Time `json:"nextAttempt"`
}

// The names that end the subjects of mailbox facts.
const (
	factEnrolled       = "enrolled"
	factWithdrawn      = "withdrawn"
	factDiscovered     = "discovered"
	factStale          = "stale"
	factUndiscoverable = "undiscoverable"
	factFolders        = "folders"
	factGrouped        = "grouped"
	factParked         = "parked"
)

const (
	typeEnrolled       = "ewsnats.mailbox.enrolled.v1"
	typeWithdrawn      = "ewsnats.mailbox.withdrawn.v1"
	typeDiscovered     = "ewsnats.mailbox.discovered.v1"
	typeStale          = "ewsnats.mailbox.stale.v1"
	typeUndiscoverable = "ewsnats.mailbox.undiscoverable.v1"
	typeFolders        = "ewsnats.mailbox.folders.v1"
	typeGrouped        = "ewsnats.mailbox.grouped.v1"
	typeParked         = "ewsnats.mailbox.parked.v1"
)

func (f MailboxEnrolled) Type() string              { return typeEnrolled }
func (f MailboxEnrolled) Source() string            { return mailboxSource(f.Mailbox) }
func (f MailboxEnrolled) Subject(s Subjects) string { return s.mailbox(f.Mailbox, factEnrolled) }

func (f MailboxWithdrawn) Type() string              { return typeWithdrawn }
func (f MailboxWithdrawn) Source() string            { return mailboxSource(f.Mailbox) }
func (f MailboxWithdrawn) Subject(s Subjects) string { return s.mailbox(f.Mailbox, factWithdrawn) }

func (f MailboxDiscovered) Type() string              { return typeDiscovered }
func (f MailboxDiscovered) Source() string            { return mailboxSource(f.Mailbox) }
func (f MailboxDiscovered) Subject(s Subjects) string { return s.mailbox(f.Mailbox, factDiscovered) }

func (f MailboxStale) Type() string              { return typeStale }
func (f MailboxStale) Source() string            { return mailboxSource(f.Mailbox) }
func (f MailboxStale) Subject(s Subjects) string { return s.mailbox(f.Mailbox, factStale) }

func (f MailboxUndiscoverable) Type() string   { return typeUndiscoverable }
func (f MailboxUndiscoverable) Source() string { return mailboxSource(f.Mailbox) }
func (f MailboxUndiscoverable) Subject(s Subjects) string {
	return s.mailbox(f.Mailbox, factUndiscoverable)
}

func (f MailboxFolders) Type() string              { return typeFolders }
func (f MailboxFolders) Source() string            { return mailboxSource(f.Mailbox) }
func (f MailboxFolders) Subject(s Subjects) string { return s.Folders(f.Mailbox) }

func (f MailboxGrouped) Type() string              { return typeGrouped }
func (f MailboxGrouped) Source() string            { return mailboxSource(f.Mailbox) }
func (f MailboxGrouped) Subject(s Subjects) string { return s.mailbox(f.Mailbox, factGrouped) }

func (f MailboxParked) Type() string              { return typeParked }
func (f MailboxParked) Source() string            { return mailboxSource(f.Mailbox) }
func (f MailboxParked) Subject(s Subjects) string { return s.mailbox(f.Mailbox, factParked) }
