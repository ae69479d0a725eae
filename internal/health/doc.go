// Package health says whether a process is well: alive when its own loops turn,
// ready when everything its work needs is there. Neither Exchange nor NATS decides
// about being alive: a restart mends neither.
//
// Checks are functions with a name, asked each time; they must not block.
package health
