// Package lease decides which process of a stage does which work: it keeps the
// membership of the processes and their claims on units of work in a small store.
//
// Every process of a stage is a member. It renews its record while it is well; the
// members that live share the units by rendezvous hashing over their ids, so that a
// member that joins or leaves moves its fair share only. A unit is claimed by a
// compare-and-set on exactly the claim's key.
//
// # Guarantees
//
// At any moment at most one member believes to own a unit ([Keeper.Role]), however
// long processes freeze, the store is away, or clocks jump: a member believes only
// for FenceAfter since it sent the last renewal that was stored, and another takes
// its units only when it has seen none for the whole TTL, by its own monotonic
// clock, in a feed that it knows to be current. A member that was fenced verifies
// every claim before it believes again.
//
// # Not guaranteed
//
// A process that was frozen between asking and acting acts on a stale answer. What
// must not happen twice needs a compare-and-set of its own.
package lease
