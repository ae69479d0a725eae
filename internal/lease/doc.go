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
// long processes freeze, the store is away, its feed lags, or clocks jump. Why:
//
//   - A member believes only for 5/6 of the TTL since it sent the last renewal that
//     was stored; it asks the clock whenever it is asked.
//   - Each life of a member has a number, the sequence of the record that began it, and
//     renews by compare-and-set on its own last record only. A claim names the life
//     that made it, and is believed by that life only.
//   - A unit is taken only from a life that is over: a tombstone is stored by
//     compare-and-set on its last record, by a member that had processed that record
//     for the TTL, by its monotonic clock, before it sent the tombstone. So the last
//     renewal of that life was sent longer than the TTL ago, and there will be no
//     other. To register under an id that is not renewed is a tombstone, too.
//   - Only the owner gives a unit away otherwise, and it stops believing before that.
//
// A member that was fenced therefore goes on with all it had as soon as a renewal is
// stored: nobody can have taken anything. One that was found dead has lost all, and
// begins another life.
//
// # Assumed
//
// The monotonic clocks of two members agree within a sixth over one TTL. A virtual
// machine that is suspended has a wall clock that goes on, or is set soon after.
//
// # Not guaranteed
//
// A process that was frozen between asking and acting acts on a stale answer. What
// must not happen twice needs a compare-and-set of its own.
package lease
