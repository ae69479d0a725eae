package messages

import "time"

// Coverage says up to when a group's mailboxes are covered: every notification
// that Exchange wrote before Until is stored. It is a record, not a history: the
// last one counts. A successor copies it and moves it only after the gap that
// begins at it is stored.
type Coverage struct {
	Group      GroupID               `json:"group"`
	Generation Generation            `json:"generation"`
	Revision   Revision              `json:"revision"`
	Until      time.Time             `json:"until"`            // Exchange's time
	Owner      string                `json:"owner,omitempty"`  // member id of the streamer that wrote it
	Opened     time.Time             `json:"opened,omitzero"`  // Exchange's time of the opening of its connection; zero: it had none
	Stored     uint64                `json:"stored,omitempty"` // highest sequence of the event stream that it saw acknowledged
	Members    []Address             `json:"members"`          // whom the record speaks of, in order
	Behind     map[Address]time.Time `json:"behind,omitempty"` // members covered only up to an earlier time
}

// Of tells up to when a mailbox is covered, and whether the record speaks of it.
func (c Coverage) Of(mailbox Address) (time.Time, bool) {
	if until, ok := c.Behind[mailbox]; ok {
		return until, true
	}
	for _, member := range c.Members {
		if member == mailbox {
			return c.Until, true
		}
	}
	return time.Time{}, false
}
