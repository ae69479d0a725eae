// Package messages is the vocabulary of ewsnats: its nouns (Address, GroupID,
// SubscriptionID, ...), the facts its stages record, the events it publishes,
// and their encoding as NATS messages.
//
// # Facts and events
//
// Facts (MailboxDiscovered, GroupSubscribed, RegroupRequested, ...) are what the
// stages decide by; a stage's state is a fold of them. Events (MailboxEvent,
// MailboxStreaming, MailboxGap, ...) are what consumers read. Both travel as
// CloudEvents 1.0 in NATS binary mode: attributes in ce-* headers, a JSON body.
//
// # Guarantees
//
// Within v1 a message only ever gains fields. Tokens are reversible: an address
// can be read back from a subject. A [Cookie] redacts itself when printed.
//
// # Not guaranteed
//
// Decoders skip unknown fields and report unknown types with
// [UnknownTypeError], so that a reader can skip them: a newer producer may write
// types this package does not know.
//
// The package imports the standard library only and does no I/O.
package messages
