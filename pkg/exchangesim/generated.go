package exchangesim

import (
	"fmt"
	"net/mail"
	"strconv"
	"time"
)

// generatedContent makes the content of an item that nobody wrote one for: always the same for the same item.
func generatedContent(address, class string, seed uint64, at time.Time) *content {
	n := strconv.FormatUint(seed, 10)
	c := content{
		subject: "Message " + n,
		from:    &mail.Address{Name: "Sender " + n, Address: "sender" + n + "@example.com"},
		to:      []*mail.Address{{Address: address}},
		sent:    at.UTC().Truncate(time.Second), importance: "Normal", sensitivity: "Normal",
		messageID: "<" + newGUID("message", address, n).String() + "@example.com>",
		text:      fmt.Sprintf("This is message %s to %s.\r\n", n, address),
	}
	switch elementOf(class) {
	case "t:CalendarItem", "t:MeetingRequest":
		c.subject, c.location = "Meeting "+n, "Room "+n
		c.start = c.sent.Truncate(time.Hour).Add(24 * time.Hour)
		c.end = c.start.Add(time.Hour)
		c.asks = elementOf(class) == "t:MeetingRequest"
	case "t:Contact":
		c.subject = "Contact " + n
	case "t:Task":
		c.subject = "Task " + n
	}
	c.sender = c.from
	return c.composed()
}
