package exchangesim

import "time"

// shownRows bounds each table of the page.
const shownRows = 50

// fresh is how long a row is marked as new.
const fresh = 3 * time.Second

// pageView is what the page shows, a copy.
type pageView struct {
	Base, Filter, Version string
	AnyMailbox            string
	Now                   time.Time
	Counts                Counts
	Connections           rows[connectionRow]
	Requests              rows[requestRow]
	Subscriptions         rows[subscriptionRow]
	Servers               rows[serverRow]
	Faults                rows[faultRow]
	Changes               rows[changeRow]
	Mailboxes             rows[mailboxRow]
}

// rows are the first rows of a table that has Total.
type rows[T any] struct {
	Rows  []T
	Total int
}

func (r *rows[T]) full() bool { return len(r.Rows) >= shownRows }

type connectionRow struct {
	Connection
	IDCount    int // living subscriptions
	Carried    string
	Age, Wrote string
	New        bool
}

type requestRow struct {
	Request
	First, About, Class string
	New                 bool
}

type subscriptionRow struct {
	Subscription
	Folders, Idle   string
	Waiting, Stream int
	New             bool
}

type serverRow struct {
	Name                     string
	Up                       bool
	Mailboxes, Held, Streams int
}

type faultRow struct {
	FaultInForce
	Answered string
}

type changeRow struct {
	Change
	New bool
}

type mailboxRow struct {
	Address, Server, Grouping    string
	Items, Unread, Subscriptions int
}
