// Package jetbus fits NATS JetStream to the ports of the stages. It is the only
// package that knows NATS and Watermill.
//
// # Guarantees
//
// What a call reports as stored is stored. A [Lane] keeps the order of what is
// published through it, also across a restart of the server; a repeat keeps its
// Nats-Msg-Id and is dropped by the stream. Decisions are compare-and-set on
// exactly the subject written. A fold delivers each fact once and in the order of
// the stream, also after the connection or its consumer was lost; what cannot be
// read is skipped, counted and copied to the dead letters.
//
// # Not guaranteed
//
// A repeat is recognised only within the duplicate window of its stream, two
// minutes: after a longer outage a message that was stored without its
// acknowledgement coming back is stored again, under the same id. Where the server
// refuses a single message in the middle of a window while the connection lives,
// what was sent after it may be stored before it; the sequence numbers of the
// events show it. A regroup request is handled at least once.
//
// A stream that is deleted and made again begins at sequence 1: folds that were
// running do not see what it then holds. Restart the stages after such a repair.
package jetbus
