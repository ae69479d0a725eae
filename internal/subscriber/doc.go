// Package subscriber is the stage that builds affinity groups: it reads what is
// wanted and known of every mailbox, plans the smallest change, subscribes the
// mailboxes behind their group's anchor, and publishes GroupSubscribed.
//
// One goroutine owns the roster and decides. What asks Exchange runs beside it,
// a goroutine to a changed group, and hands its outcome back. All state is a fold
// of the facts, so a successor goes on where this process ended; subscriptions
// are therefore never ended at process exit.
//
// # Not guaranteed
//
// A subscription made right before the process died is not remembered anywhere:
// Exchange expires it. Its mailbox is subscribed anew by the successor.
package subscriber
