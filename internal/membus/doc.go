// Package membus is the bus in memory, for tests of the stages.
//
// # Guarantees
//
// It passes the conformance suite that judges jetbus: the same order, the same
// compare-and-set, the same dropping of repeats by id, the same mark when a feed
// has caught up. Everything is encoded when stored and decoded when read, as over
// NATS. It has no goroutines but one for each feed, and it waits only on channels
// and timers: a Bus made inside a testing/synctest bubble works there.
//
// # Not guaranteed
//
// Nothing survives the process. A repeat is recognised for ever, not for the two
// minutes of a stream's window. Regroup requests are handled one after another;
// jetbus handles partitions side by side.
package membus
