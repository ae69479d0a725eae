package exchangesim

import "time"

// meetingRequest is the class of a meeting request (MS-OXOCAL).
const meetingRequest = "IPM.Schedule.Meeting.Request"

// What a meeting may be answered (ResponseTypeType).
const (
	unanswered = "NoResponseReceived"
	accepted   = "Accept"
	tentative  = "Tentative"
	declined   = "Decline"
)

// invite has a meeting request arrive, and puts the meeting into the calendar, where it waits for an answer.
func (o *organisation) invite(mb *mailbox, now time.Time) *item {
	inbox, calendar := mb.distinguished("inbox"), mb.distinguished("calendar")
	request, meeting := mb.put(inbox, false, now), mb.put(calendar, true, now)
	request.class, request.meeting = meetingRequest, meeting.number
	meeting.seed, meeting.response = request.seed, unanswered
	c := o.change(mb, Change{Kind: "invite", ItemID: request.id, FolderID: inbox.plainID()}, now)
	c.arrived(request)
	c.item("CreatedEvent", meeting)
	c.modified(calendar)
	return request
}

// accept accepts the newest meeting that waits for an answer. Without one a meeting comes into the calendar with its
// acceptance.
func (o *organisation) accept(mb *mailbox, now time.Time) *item {
	calendar := mb.distinguished("calendar")
	var meeting *item
	for _, it := range mb.items {
		if it.response == unanswered && it.folder == calendar && (meeting == nil || it.number > meeting.number) {
			meeting = it
		}
	}
	if meeting != nil {
		return o.respond(meeting, accepted, now)
	}
	meeting = mb.put(calendar, true, now)
	c := o.change(mb, Change{Kind: "accept", ItemID: meeting.id, FolderID: calendar.plainID()}, now)
	c.item("CreatedEvent", meeting)
	c.busy(meeting)
	return meeting
}

// respond answers a meeting of the calendar. One that is declined goes to Deleted Items.
func (o *organisation) respond(meeting *item, response string, now time.Time) *item {
	meeting.response, meeting.edited = response, meeting.touch(now)
	if response == declined {
		return o.trash(meeting, now)
	}
	c := o.change(meeting.folder.mailbox, Change{Kind: "accept", ItemID: meeting.id, FolderID: meeting.folder.plainID()}, now)
	c.busy(meeting)
	return meeting
}

// busy raises the events of a meeting that takes its time.
func (c change) busy(meeting *item) {
	c.item("ModifiedEvent", meeting)
	c.item("FreeBusyChangedEvent", meeting)
	c.modified(meeting.folder)
}
