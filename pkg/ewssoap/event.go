package ewssoap

import "time"

// EventType names a kind of notification, as EWS writes it.
type EventType string

// The event types of MS-OXWSNTIF. StatusEvent is a sign of life and cannot be subscribed.
const (
	CopiedEvent          EventType = "CopiedEvent"
	CreatedEvent         EventType = "CreatedEvent"
	DeletedEvent         EventType = "DeletedEvent"
	ModifiedEvent        EventType = "ModifiedEvent"
	MovedEvent           EventType = "MovedEvent"
	NewMailEvent         EventType = "NewMailEvent"
	FreeBusyChangedEvent EventType = "FreeBusyChangedEvent"
	StatusEvent          EventType = "StatusEvent"
)

// ID names an item or a folder. An event's ChangeKey tells no versions apart: it is a type code there.
type ID struct {
	ID, ChangeKey string
}

// Envelope is one SOAP envelope of a stream.
type Envelope struct {
	Messages []StreamMessage

	// Forbidden counts the characters that XML forbids and that were left out of the envelope: control characters, raw or
	// as references, references to surrogates, and bytes that are not UTF-8.
	Forbidden int
}

// StreamMessage is one GetStreamingEventsResponseMessage. Every field counts on its own: an Error may come together with
// notifications, and with any status; empty ErrorSubscriptionIDs are no error.
type StreamMessage struct {
	ResponseClass        string        // Success, Warning or Error
	ResponseCode         string        // NoError, or the error; the inner one of an ErrorInternalServerError
	MessageText          string        // the server's words
	BackOff              time.Duration // BackOffMilliseconds; 0: none
	Notifications        []Notification
	ErrorSubscriptionIDs []string // the subscriptions an Error is about; none: all are in doubt
	ConnectionStatus     string   // OK, Closed, or empty
}

// Notification holds events of one subscription, at most 50 (office-developer-exchange-docs, "GetStreamingEvents").
type Notification struct {
	SubscriptionID string
	MoreEvents     bool // more are waiting
	Events         []Event
}

// Event is a change of an item or of a folder: ItemID or FolderID is set, neither in a StatusEvent.
type Event struct {
	Type           EventType
	TimeStamp      time.Time // zero if absent or unreadable; whole seconds at Exchange, so it orders nothing
	ItemID         ID
	FolderID       ID
	ParentFolderID ID

	OldItemID         ID // of a MovedEvent or CopiedEvent, as the next two
	OldFolderID       ID
	OldParentFolderID ID

	UnreadCount *int // of a folder's ModifiedEvent, nil if absent
}
