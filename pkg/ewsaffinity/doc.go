// Package ewsaffinity decides: which mailboxes form an affinity group, what the
// smallest change is when something happened, and what each error means.
//
// Exchange keeps a streaming subscription on one mailbox server and leaves it to
// the client to come back to that server (Microsoft, "Maintain affinity between a
// group of subscriptions and the Mailbox server in Exchange"). So mailboxes with
// the same ExternalEwsUrl and GroupingInformation are grouped, at most 200 to a
// group; the first address in order is the anchor, subscribed before the others.
//
// # Shape
//
// A [Roster] is the fold of the facts of package messages: Apply only assigns,
// never fails, and tolerates repeats. [Roster.Plan] and [Roster.Regroup] read it
// and say what to do. [Recover] is the recovery table.
//
// # Guarantees
//
// Everything is pure: no clock, no I/O, no goroutine; time is an argument. The
// same facts and the same time give the same plan, whatever their order among
// mailboxes. A plan never moves a mailbox that may stay, never exceeds the size,
// never mixes keys, and planning again after it was carried out changes nothing
// but that mailboxes which moved leave their former group.
//
// # Not guaranteed
//
// A Roster is not safe for concurrent use: one goroutine owns it.
package ewsaffinity
