// Package metrics counts what the stages do and shows it to Prometheus. All
// names begin with ewsnats_.
//
// # Guarantees
//
// No label and no value is made of an address, a text of Exchange's, or anything
// else without bound: labels are closed sets, and what is not in them is "other".
// Only the names of groups are open: a process shows those that it streams, and
// drops them when they go.
//
// Series of closed sets are there from the beginning, at 0. Points in time are
// shown as such, in seconds since 1970, and only once there was one.
//
// Every notification that was received is published, dropped, or in hand:
//
//	notifications_received_total = events_published_total{object!="mailbox",origin="stream"}
//	    + events_dropped_total + notifications_in_hand
package metrics
