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
	SubscriptionID string      `xml:"SubscriptionId"`
	MoreEvents     string      `xml:"MoreEvents"`
	Events         []wireEvent `xml:",any"` // in their order, and whatever else there is
}

type wireEvent struct {
	XMLName           xml.Name
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
	out := Notification{SubscriptionID: strings.TrimSpace(n.SubscriptionID), MoreEvents: isTrue(n.MoreEvents)}
	for i := range n.Events {
		if isEvent(n.Events[i].XMLName.Local) {
			out.Events = append(out.Events, n.Events[i].event())
		}
	}
	return out
}

func (e *wireEvent) event() Event {
	return Event{
		Type:              EventType(e.XMLName.Local),
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

// isEvent tells events from what else may stand in a Notification: watermarks, and what is not known yet.
func isEvent(name string) bool {
	switch EventType(name) {
	case CopiedEvent, CreatedEvent, DeletedEvent, ModifiedEvent, MovedEvent, NewMailEvent, FreeBusyChangedEvent, StatusEvent:
		return true
	}
	return false
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
