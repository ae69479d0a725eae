// Package check walks one mailbox through every step that a stage takes on its way to Exchange, and says of each what came of
// it: the configuration, the connection, the login, Autodiscover, impersonation, a subscription, its stream, affinity.
//
// A [Finding] is what is to be said of a step. Findings are made by functions without effects of what was seen; the effects
// are requests by the client that the stages use, one after the other.
//
// # Guarantees
//
//   - A step that depends on one that failed is not tried, and said so.
//   - A refused login is not repeated: nothing that logs in is sent after it.
//   - The subscription is ended again, whatever fails meanwhile and also when the context ends.
//   - Each request takes no longer than [Config.Timeout], and the whole not longer than a multiple of it. What ends the
//     subscription has its own time.
//   - A finding holds no password, token or cookie.
//
// # No guarantees
//
//   - If the answer to Subscribe never comes, there may be a subscription that nobody can end; Exchange ends it by itself.
//   - A mailbox that works says little about the others, and nothing about load.
package check
