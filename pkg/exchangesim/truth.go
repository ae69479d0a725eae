package exchangesim

import (
	"sort"
	"time"
)

// Truth is what really happened, as opposed to what a client was told. It is a copy; times are the simulator's clock,
// unrounded.
type Truth struct {
	Changes       []Change       `json:"changes"`
	Events        []Event        `json:"events"`
	Subscriptions []Subscription `json:"subscriptions"`
	Writes        []Write        `json:"writes"`
	Connections   []Connection   `json:"connections"`
	Requests      []Request      `json:"requests"`
}

// Change is one thing a user did.
type Change struct {
	Seq         uint64    `json:"seq"` // counts from 1 over all mailboxes
	At          time.Time `json:"at"`
	Mailbox     string    `json:"mailbox"`
	Kind        string    `json:"kind"` // deliver, invite, create, savedraft, read, unread, update, send, move, copy, trash, softdelete, delete, createfolder, updatefolder, movefolder, trashfolder, deletefolder, accept
	ItemID      string    `json:"itemId,omitempty"`
	FolderID    string    `json:"folderId,omitempty"` // where the item is now, or the folder made or changed
	OldItemID   string    `json:"oldItemId,omitempty"`
	OldFolderID string    `json:"oldFolderId,omitempty"`
}

// Event is one event that a mailbox raised, whether anybody had subscribed to it or not. Ids are written as events on
// the wire have them.
type Event struct {
	Seq               uint64    `json:"seq"`    // counts from 1 over all mailboxes
	Change            uint64    `json:"change"` // Seq of the change that raised it
	Mailbox           string    `json:"mailbox"`
	Type              string    `json:"type"` // the name of the EWS element: NewMailEvent, MovedEvent, …
	At                time.Time `json:"at"`   // the wire has whole seconds of it
	ItemID            string    `json:"itemId,omitempty"`
	FolderID          string    `json:"folderId,omitempty"`
	ParentFolderID    string    `json:"parentFolderId,omitempty"`
	OldItemID         string    `json:"oldItemId,omitempty"`
	OldFolderID       string    `json:"oldFolderId,omitempty"`
	OldParentFolderID string    `json:"oldParentFolderId,omitempty"`
	// Folder is the well-known name of the folder that holds the item, or for events of folders of the folder itself;
	// empty for a folder of the user's.
	Folder      string `json:"folder,omitempty"`
	UnreadCount *int   `json:"unreadCount,omitempty"` // ModifiedEvent of a folder, not of calendars
	AllItems    bool   `json:"allItems,omitempty"`    // of the hidden search folder, see DeletionAllItems
	FoldersOnly bool   `json:"foldersOnly,omitempty"` // not for subscriptions to all folders, which see an AllItems event in its place
}

// Subscription is the life of a subscription.
type Subscription struct {
	ID       string    `json:"id"`
	Mailbox  string    `json:"mailbox"`
	Server   string    `json:"server"`         // the mailbox server that holds it
	Account  string    `json:"account"`        // its owner
	Pull     bool      `json:"pull,omitempty"` // read with GetEvents, which leaves no Writes
	Created  time.Time `json:"created"`
	Ended    time.Time `json:"ended,omitzero"`     // zero: it lives
	EndedWhy string    `json:"endedWhy,omitempty"` // unsubscribed, expired, restart, failover, moved, dropped, fault, mailbox removed
}

// Write is one event that was written to a connection. The event has left its queue with that, whatever became of the
// bytes.
type Write struct {
	Connection   int       `json:"connection"` // Connection.Number
	Subscription string    `json:"subscription"`
	Mailbox      string    `json:"mailbox"`
	Event        uint64    `json:"event"` // Event.Seq
	At           time.Time `json:"at"`
	Envelope     int       `json:"envelope"`         // counts from 1 on each connection
	Failed       bool      `json:"failed,omitempty"` // the write reported an error, or a fault spoilt the envelope
}

// Connection is the life of one GetStreamingEvents answer.
type Connection struct {
	Number       int       `json:"number"` // counts from 1
	Server       string    `json:"server"` // the mailbox server it was routed to
	Anchor       string    `json:"anchor,omitempty"`
	Impersonated string    `json:"impersonated,omitempty"`
	Agent        string    `json:"agent,omitempty"` // the User-Agent of who opened it
	IDs          []string  `json:"ids"`
	Opened       time.Time `json:"opened"`
	Ended        time.Time `json:"ended,omitzero"`     // zero: it is open
	EndedWhy     string    `json:"endedWhy,omitempty"` // closed, stolen, no ids, cut, restart, client, write failed, fault, server closed
	RemoteAddr   string    `json:"remoteAddr"`
}

// Request is one HTTP request and how it was answered.
type Request struct {
	At                   time.Time     `json:"at"`
	Operation            string        `json:"operation"` // Subscribe, …, GetUserSettings, AutodiscoverPOX; empty if it could not be told
	AnchorMailbox        string        `json:"anchorMailbox,omitempty"`
	PreferServerAffinity bool          `json:"preferServerAffinity,omitempty"`
	Cookie               string        `json:"cookie,omitempty"` // the X-BackEndOverrideCookie sent
	Account              string        `json:"account,omitempty"`
	Impersonated         string        `json:"impersonated,omitempty"`
	Mailboxes            []string      `json:"mailboxes,omitempty"` // the mailboxes it is about
	SubscriptionIDs      []string      `json:"subscriptionIds,omitempty"`
	UserAgent            string        `json:"userAgent,omitempty"`
	ClientRequestID      string        `json:"clientRequestId,omitempty"`
	RoutedTo             string        `json:"routedTo,omitempty"` // mailbox server
	Code                 string        `json:"code"`               // first response code, "HTTP 503", reset or abandoned; for a stream the code of its opening
	HTTPStatus           int           `json:"httpStatus"`         // 0: the connection was cut
	RemoteAddr           string        `json:"remoteAddr"`
	Took                 time.Duration `json:"took"` // until the answer was ready, in nanoseconds
}

// Counts are the totals of a Truth, cheap to ask for.
type Counts struct {
	Changes       uint64            `json:"changes"`
	Events        uint64            `json:"events"`
	Writes        uint64            `json:"writes"`
	Connections   int               `json:"connections"`   // open streams
	Subscriptions int               `json:"subscriptions"` // living ones
	Requests      map[string]uint64 `json:"requests"`      // by operation
}

// EventBySeq finds an event by its number.
func (t Truth) EventBySeq(seq uint64) (Event, bool) {
	i := sort.Search(len(t.Events), func(i int) bool { return t.Events[i].Seq >= seq })
	if i == len(t.Events) || t.Events[i].Seq != seq {
		return Event{}, false
	}
	return t.Events[i], true
}
