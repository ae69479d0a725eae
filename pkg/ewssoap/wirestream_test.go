package ewssoap

import "time"

var stamp = time.Date(2026, 11, 21, 1, 0, 5, 0, time.UTC)

func id(name string) ID { return ID{name, "AQAAAA=="} }

func mail(n string) ID { return ID{"AAMkAItem" + n + "+/=", "CQAAAA=="} }

func twelve() *int { n := 12; return &n }

func sound(m StreamMessage) *Envelope {
	m.ResponseClass, m.ResponseCode = "Success", "NoError"
	return &Envelope{Messages: []StreamMessage{m}}
}

// calmStream is what testdata/wire/getstreamingevents/calm.res.xml says.
var calmStream = []*Envelope{
	sound(StreamMessage{ConnectionStatus: "OK"}),
	sound(StreamMessage{Notifications: []Notification{
		{SubscriptionID: firstID, Events: []Event{
			{Type: CreatedEvent, TimeStamp: stamp, ItemID: mail("1"), ParentFolderID: id("AQMkInbox")},
			{Type: NewMailEvent, TimeStamp: stamp, ItemID: mail("1"), ParentFolderID: id("AQMkInbox")},
			{Type: ModifiedEvent, TimeStamp: stamp, FolderID: id("AQMkInbox"), ParentFolderID: id("AQMkRoot"), UnreadCount: twelve()},
		}},
		{SubscriptionID: secondID, Events: []Event{
			{Type: FreeBusyChangedEvent, TimeStamp: stamp, ItemID: ID{"AAMkAItem2+/=", "DwAAAA=="}, ParentFolderID: id("AQMkCalendar")},
			{Type: ModifiedEvent, TimeStamp: stamp, FolderID: id("AQMkCalendar"), ParentFolderID: id("AQMkRoot")},
		}},
	}}),
	sound(StreamMessage{Notifications: []Notification{
		{SubscriptionID: firstID, MoreEvents: true, Events: []Event{
			{
				Type: MovedEvent, TimeStamp: stamp, ItemID: mail("4"), ParentFolderID: id("AQMkDeleted"),
				OldItemID: mail("3"), OldParentFolderID: id("AQMkInbox"),
			},
			{
				Type: CopiedEvent, TimeStamp: stamp, FolderID: id("AQMkCopy"), ParentFolderID: id("AQMkRoot"),
				OldFolderID: id("AQMkOrig"), OldParentFolderID: id("AQMkOther"),
			},
			{Type: DeletedEvent, TimeStamp: stamp, ItemID: mail("5"), ParentFolderID: id("AQMkInbox")},
		}},
	}}),
	sound(StreamMessage{ConnectionStatus: "OK"}),
	sound(StreamMessage{Notifications: []Notification{
		{SubscriptionID: firstID, Events: []Event{{Type: StatusEvent}}},
		{SubscriptionID: secondID, Events: []Event{{Type: StatusEvent}}},
	}}),
	sound(StreamMessage{ConnectionStatus: "Closed"}),
}

// errorStream is what testdata/wire/getstreamingevents/errors.res.xml says.
var errorStream = []*Envelope{
	sound(StreamMessage{ConnectionStatus: "OK"}),
	{Messages: []StreamMessage{{
		ResponseClass: "Error", ResponseCode: "ErrorInvalidSubscription", MessageText: "Subscription is invalid.",
		Notifications: []Notification{{SubscriptionID: firstID, Events: []Event{
			{Type: CreatedEvent, TimeStamp: stamp, ItemID: mail("1"), ParentFolderID: id("AQMkInbox")},
		}}},
		ErrorSubscriptionIDs: []string{secondID}, ConnectionStatus: "OK",
	}}},
	{Messages: []StreamMessage{
		{ResponseClass: "Error", ResponseCode: "ErrorServerBusy", MessageText: "An internal server error occurred.", BackOff: 1500 * time.Millisecond},
		{ResponseClass: "Success", ResponseCode: "NoError", ConnectionStatus: "OK"},
	}},
	{Messages: []StreamMessage{{
		ResponseClass: "Error", ResponseCode: "ErrorReadEventsFailed", MessageText: "Read events failed.", ConnectionStatus: "Closed",
	}}},
}
