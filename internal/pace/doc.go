// Package pace keeps what is asked of an endpoint within bounds that are kind to it:
// how many connections are opened a second ([Openings]), how many requests are made
// a second after an outage ([Ramp]), and how many at a time ([Slots]).
//
// # Guarantees
//
// What waits is let through in order: of openings the one that waits for the oldest
// time first, of requests the first that came. A wait ends with its context and then
// takes nothing. Everything is safe for concurrent use, has no goroutine, and spends
// no time where nothing has to wait.
//
// # Not guaranteed
//
// Processes do not know of each other: each keeps to its share of what the number of
// live members leaves it, so that while members join or leave the sum may be off for
// a moment. No state is kept over a restart.
package pace
