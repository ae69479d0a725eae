// Package streamer is the stage that holds the GetStreamingEvents connection of
// each group and publishes every notification as a MailboxEvent.
//
// One goroutine owns a group: its members, their epochs, its connections. One
// lane publishes for all. A group reads no further than what the lane takes, so
// that a slow JetStream slows Exchange down and nothing is dropped.
//
// # Guarantees
//
// What was read is stored, in order for each mailbox, or lies inside an announced
// gap. Exchange forgets an event when it writes it to a connection, so three
// things open a gap: a new subscription that replaces a lost one, a connection
// that ended without an in-band end, and a predecessor that died. The coverage
// record moves past a gap only after the gap is stored.
//
// # Not guaranteed
//
// Nothing is claimed about what happened inside a gap. Ownership comes from a
// port: the stage itself does not keep two processes off one group.
package streamer
