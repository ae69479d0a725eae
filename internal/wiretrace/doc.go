// Package wiretrace writes what goes over the wire between a process and Exchange to
// files, for people: a file for each group; calls that belong to no group have their
// mailbox's; Autodiscover has the file autodiscover, and what is left the file other.
//
// # Guarantees
//
// It is told by the client, which takes passwords, tokens and cookie values out first.
// A call never waits for a file nor fails by it: what the queue does not hold and what
// cannot be written is counted as dropped. Files are the owner's alone (0600). A file
// has a largest size, beyond which it becomes the predecessor (.1) in place of the one
// before, and there is a largest number of files: the one that was not written for the
// longest time goes.
//
// # Not guaranteed
//
// Records hold what else is in requests and answers: addresses, subjects of errors, ids
// of items. Processes that share a folder and a stage share its files: they mix records,
// not lines, and a file may grow somewhat larger.
package wiretrace
