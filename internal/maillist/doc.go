// Package maillist reads the list of wanted mailboxes and watches it for changes.
//
// A list is a text file with one address a line, where # begins a comment and
// blank lines are skipped, or a YAML file (.yaml, .yml) that holds a sequence of
// addresses. An address named twice counts once.
//
// # Guarantees
//
// A list is taken whole or not at all: one bad line makes it unreadable, and the
// error tells every bad line. A file that is being rewritten is read again until
// it is at rest.
//
// # Not guaranteed
//
// Changes are found by looking at the file again and again: two changes between
// looks are seen as one.
package maillist
