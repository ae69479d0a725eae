package ewssoap

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

const statusClosed = "Closed"

// streamAnswer is the wire form of one GetStreamingEventsResponse.
type streamAnswer struct {
	Messages []wireMessage `xml:"ResponseMessages>GetStreamingEventsResponseMessage"`
}

type wireMessage struct {
	status
	Notifications    []wireNotification `xml:"Notifications>Notification"`
	SubscriptionIDs  []string           `xml:"ErrorSubscriptionIds>SubscriptionId"`
	ConnectionStatus string             `xml:"ConnectionStatus"`
}

type wireNotification struct {
	SubscriptionID string     `xml:"SubscriptionId"`
	MoreEvents     string     `xml:"MoreEvents"`
	Events         wireEvents `xml:",any"`
}

// wireEvents are the events of a notification in their order. What else may stand there is left out: watermarks, and what
// is not known yet.
type wireEvents []Event

// UnmarshalXML implements xml.Unmarshaler for one element after the other.
func (e *wireEvents) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	kind, known := eventTypes[start.Name.Local]
	if !known {
		return d.Skip()
	}
	var w wireEvent
	if err := d.DecodeElement(&w, &start); err != nil {
		return err
	}
	*e = append(*e, w.event(kind))
	return nil
}

type wireEvent struct {
	TimeStamp         string `xml:"TimeStamp"`
	ItemID            wireID `xml:"ItemId"`
	FolderID          wireID `xml:"FolderId"`
	ParentFolderID    wireID `xml:"ParentFolderId"`
	OldItemID         wireID `xml:"OldItemId"`
	OldFolderID       wireID `xml:"OldFolderId"`
	OldParentFolderID wireID `xml:"OldParentFolderId"`
	UnreadCount       string `xml:"UnreadCount"`
}

type wireID struct {
	ID        string `xml:"Id,attr"`
	ChangeKey string `xml:"ChangeKey,attr"`
}

func (a *streamAnswer) empty() bool { return len(a.Messages) == 0 }

func (a *streamAnswer) envelope() *Envelope {
	e := &Envelope{Messages: make([]StreamMessage, len(a.Messages))}
	for i := range a.Messages {
		e.Messages[i] = a.Messages[i].message()
	}
	return e
}

func (m *wireMessage) message() StreamMessage {
	values := m.XML.values()
	out := StreamMessage{
		ResponseClass:    m.Class,
		ResponseCode:     innerCode(strings.TrimSpace(m.Code), values),
		MessageText:      strings.TrimSpace(m.Text),
		BackOff:          backOff(values),
		ConnectionStatus: strings.TrimSpace(m.ConnectionStatus),
	}
	for _, id := range m.SubscriptionIDs {
		out.ErrorSubscriptionIDs = append(out.ErrorSubscriptionIDs, strings.TrimSpace(id))
	}
	for i := range m.Notifications {
		out.Notifications = append(out.Notifications, m.Notifications[i].notification())
	}
	return out
}

func (n *wireNotification) notification() Notification {
	return Notification{SubscriptionID: strings.TrimSpace(n.SubscriptionID), MoreEvents: isTrue(n.MoreEvents), Events: n.Events}
}

func (e *wireEvent) event(kind EventType) Event {
	return Event{
		Type:              kind,
		TimeStamp:         timeOf(e.TimeStamp),
		ItemID:            ID(e.ItemID),
		FolderID:          ID(e.FolderID),
		ParentFolderID:    ID(e.ParentFolderID),
		OldItemID:         ID(e.OldItemID),
		OldFolderID:       ID(e.OldFolderID),
		OldParentFolderID: ID(e.OldParentFolderID),
		UnreadCount:       countOf(e.UnreadCount),
	}
}

// eventTypes are the events by the names of their elements.
var eventTypes = map[string]EventType{
	string(CopiedEvent): CopiedEvent, string(CreatedEvent): CreatedEvent, string(DeletedEvent): DeletedEvent,
	string(ModifiedEvent): ModifiedEvent, string(MovedEvent): MovedEvent, string(NewMailEvent): NewMailEvent,
	string(FreeBusyChangedEvent): FreeBusyChangedEvent, string(StatusEvent): StatusEvent,
}

func isEvent(name string) bool {
	_, known := eventTypes[name]
	return known
}

// isTrue reads an xs:boolean.
func isTrue(text string) bool {
	text = strings.TrimSpace(text)
	return text == "true" || text == "1"
}

// timeOf reads an xs:dateTime, in UTC where it names no zone. One that cannot be read is the zero time.
func timeOf(text string) time.Time {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func countOf(text string) *int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return nil
	}
	return &n
}
