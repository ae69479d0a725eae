package exchangesim

import (
	"net/mail"
	"strconv"
	"time"
)

// createItem answers CreateItem: messages are saved, sent or both, everything else is saved.
func (c *call) createItem() ([]message, *soapFault) {
	items, disposition := c.op.child(nsMessages, "Items").all(), c.op.attr("MessageDisposition")
	if len(items) == 0 {
		return nil, schemaFault("Items is empty")
	}
	if !knownDisposition(disposition) {
		return nil, schemaFault("MessageDisposition " + disposition)
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, n := range items {
		messages = append(messages, c.createOne(n, disposition, c.s.now()))
	}
	return messages, nil
}

func knownDisposition(s string) bool {
	return s == "" || s == "SaveOnly" || s == "SendOnly" || s == "SendAndSaveCopy"
}

// savedIn are the folders of new items by their element; messages go to the drafts.
var savedIn = map[string]string{"CalendarItem": "calendar", "Contact": "contacts", "Task": "tasks"}

func (c *call) createOne(n *node, disposition string, now time.Time) message {
	isMessage := savedIn[n.name.Local] == ""
	switch {
	case isMessage && disposition == "":
		return itemFailure("ErrorMessageDispositionRequired")
	case meetingAnswers[n.name.Local].response != "":
		return c.answerMeeting(n, now)
	case n.name.Local == "CalendarItem" && c.op.attr("SendMeetingInvitations") == "":
		return itemFailure("ErrorSendMeetingInvitationsRequired")
	}
	e := newEdit(nil)
	for _, property := range n.all() {
		if code := e.set(property); code != "" {
			return itemFailure(code)
		}
	}
	f, code := c.targetFolder(c.op.child(nsMessages, "SavedItemFolderId"), defaultFolder(n, disposition))
	switch {
	case code != "":
		return itemFailure(code)
	case f.mailbox.isFull():
		return itemFailure("ErrorQuotaExceeded")
	}
	says := c.complete(e, f.mailbox.address, now)
	if isMessage && disposition != "SaveOnly" {
		return c.sendNew(says, f, disposition == "SendAndSaveCopy", now)
	}
	it := f.mailbox.put(f, e.read == nil || *e.read, now)
	it.content, it.draft = says, isMessage
	if e.draft != nil {
		it.draft = *e.draft
	}
	it.class = classOfElement(n.name.Local, e.class)
	if e.hidden {
		it.hide()
	}
	c.s.org.raiseCreated(it, now)
	return itemIDs(it)
}

func defaultFolder(n *node, disposition string) string {
	if name := savedIn[n.name.Local]; name != "" {
		return name
	}
	if disposition == "SaveOnly" {
		return "drafts"
	}
	return "sentitems"
}

// classOfElement is the class of an item of that element; a given class counts if it is one of the element's.
func classOfElement(element, class string) string {
	if class != "" && elementOf(class) == "t:"+element {
		return class
	}
	for prefix, name := range itemElements {
		if name == "t:"+element {
			return prefix
		}
	}
	return "IPM.Note"
}

// complete fills in what a message has when its client leaves it out.
func (c *call) complete(e *itemEdit, owner string, now time.Time) *content {
	fill := func(missing bool, set func()) {
		if missing {
			set()
			e.written = true
		}
	}
	if c.target != nil {
		owner = c.target.address
	}
	fill(e.from == nil, func() { e.from = &mail.Address{Address: owner} })
	fill(e.sender == nil, func() { e.sender = e.from })
	fill(e.sent.IsZero(), func() { e.sent = now.UTC().Truncate(time.Second) })
	fill(e.messageID == "", func() {
		c.s.org.composed++
		e.messageID = "<" + newGUID("composed", owner, wireTime(now), strconv.FormatUint(c.s.org.composed, 10)).String() + "@sim>"
	})
	return e.result()
}

// sendNew sends a message that was never saved. The answer names no item, whether a copy is kept or not.
func (c *call) sendNew(says *content, f *folder, keep bool, now time.Time) message {
	if len(says.recipients()) == 0 {
		return itemFailure("ErrorInvalidRecipients")
	}
	if keep {
		it := f.mailbox.put(f, true, now)
		it.content = says
		ch := c.s.org.change(f.mailbox, Change{Kind: "send", ItemID: it.id, FolderID: f.plainID()}, now)
		ch.item("CreatedEvent", it)
		ch.modified(f)
	}
	c.s.org.post(says, now)
	return success(noItems)
}
