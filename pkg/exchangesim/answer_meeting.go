package exchangesim

import (
	"cmp"
	"net/mail"
	"time"
)

// meetingAnswers are the response objects of CreateItem that answer a meeting, with the answer and the code for an item
// that is none. The organizer is not told.
var meetingAnswers = map[string]struct{ response, code string }{
	"AcceptItem":            {accepted, "ErrorInvalidItemForOperationAcceptItem"},
	"TentativelyAcceptItem": {tentative, "ErrorInvalidItemForOperationTentative"},
	"DeclineItem":           {declined, "ErrorInvalidItemForOperationDeclineItem"},
}

// answerMeeting answers the meeting that a response object refers to, by its request or by itself.
func (c *call) answerMeeting(n *node, now time.Time) message {
	answer := meetingAnswers[n.name.Local]
	it, code := c.resolveItem(n.child(nsTypes, "ReferenceItemId").attr("Id"))
	if code != "" {
		return itemFailure(code)
	}
	switch elementOf(it.class) {
	case "t:CalendarItem":
	case "t:MeetingRequest":
		if it = it.invitedTo(); it == nil {
			return itemFailure("ErrorItemNotFound")
		}
	default:
		return itemFailure(answer.code)
	}
	return itemIDs(c.s.org.respond(it, answer.response, now))
}

// invitedTo is the meeting in the calendar that a request is for; nil when it is gone.
func (it *item) invitedTo() *item { return it.folder.mailbox.items[it.meeting] }

// answer is what the meeting was answered.
func (v itemView) answer() string { return cmp.Or(v.response, accepted) }

// freeBusy is how the meeting shows in the calendar.
func (v itemView) freeBusy() string {
	if v.answer() == accepted {
		return "Busy"
	}
	return "Tentative"
}

// requestFields are the properties of meeting requests after those of messages.
var requestFields = []itemField{
	{"meeting:AssociatedCalendarItemId", inDefault, false, func(x *xmlBuffer, v itemView) {
		if meeting := v.invitedTo(); meeting != nil {
			x.id("t:AssociatedCalendarItemId", meeting.id, meeting.changeKey())
		}
	}},
	boolField("meeting:IsDelegated", inDefault, func(itemView) bool { return false }),
	boolField("meeting:IsOutOfDate", inDefault, func(v itemView) bool { return v.invitedTo() == nil }),
	boolField("meeting:HasBeenProcessed", inDefault, func(itemView) bool { return true }),
	textField("meeting:ResponseType", inDefault, func(itemView) string { return "NoResponseReceived" }),
	textField("calendar:UID", allProperties, func(v itemView) string { return v.says().messageID }),
	textField("meetingRequest:MeetingRequestType", inDefault, func(itemView) string { return "NewMeetingRequest" }),
	textField("meetingRequest:IntendedFreeBusyStatus", inDefault, func(itemView) string { return "Busy" }),
	textField("calendar:Start", inDefault, func(v itemView) string { return wireTime(v.says().start) }),
	textField("calendar:End", inDefault, func(v itemView) string { return wireTime(v.says().end) }),
	textField("calendar:Location", inDefault, func(v itemView) string { return v.says().location }),
	boolField("calendar:IsMeeting", allProperties, func(itemView) bool { return true }),
	textField("calendar:CalendarItemType", inDefault, func(itemView) string { return "Single" }),
	addressField("calendar:Organizer", inDefault, func(v itemView) *mail.Address { return v.says().from }),
}
