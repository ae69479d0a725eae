// Package jetbus fits NATS JetStream to the ports of the stages. It is the only
// package that knows NATS and Watermill.
//
// # Guarantees
//
// What a call reports as stored is stored. A [Lane] stores the messages of one
// mailbox in the order they were published through it, whatever becomes of single
// ones on the way: refused, lost, repeated, across restarts and full disks. A repeat
// keeps its Nats-Msg-Id and is dropped by the stream. Decisions are compare-and-set on
// exactly the subject written. A fold delivers each fact once and in the order of
// the stream, also after the connection or its consumer was lost; what cannot be
// read is skipped, counted and copied to the dead letters.
//
// # Not guaranteed
//
// A repeat is recognised only within the duplicate window of its stream, two
// minutes: after a longer outage a message that was stored without its
// acknowledgement coming back is stored again, under the same id. Between mailboxes
// order is kept only while nothing is refused. A regroup request is handled at least
// once.
//
// A stream that was restored from an old copy, or deleted and made again, lacks what
// it had acknowledged. A lane notices it when it next stores a message
// ([Lane.Regressions]), a feed when the connection comes back, its consumer is opened
// again, or nothing came for 30 s ([Bus.FeedError]). Neither notices an old copy in
// which others stored so much meanwhile that its last sequence is beyond what was
// seen.
package jetbus
