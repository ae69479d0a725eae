// Package exchange fits package ewssoap to the ports of the stages: it translates
// types and errors, chooses affinity and impersonation for every call, and keeps
// the number of calls to an endpoint within bounds.
//
// Every request of a group carries the group's anchor, X-PreferServerAffinity and
// the group's own cookie, if it has one; calls about a mailbox's folders carry
// the mailbox itself and no group's cookie. No state is shared between groups but
// the connections.
//
// The override cookie is the one the anchor's Subscribe set; what other answers set,
// unasked or instead, is not used. The exchangecookie of Exchange 2010 is the newest:
// answers to Subscribe hand it to the group's message, and one that replaces it on a
// stream is sent when this process opens the group's next stream.
package exchange
