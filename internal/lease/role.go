package lease

// Part is what a member is to a unit.
type Part int

// The parts.
const (
	// Nobody: another member's, or no one's yet.
	Nobody Part = iota
	// Owner: the unit is this member's.
	Owner
	// Successor: the owner lives and offers the unit to this member, which is to
	// begin beside it and to say so ([Keeper.Opened]); it is Owner when the old one
	// has released the unit, or died. Only where units are handed over by overlap.
	Successor
)

// Role is a member's part in a unit with what else it has to know.
type Role struct {
	Part Part
	// Token is the store's sequence of the claim by which this member became Owner;
	// it grows from owner to owner.
	Token uint64
	// Inherited tells an Owner that the former one released the unit to it in order,
	// rather than that it was free or its owner dead.
	Inherited bool
	// Suspended tells an Owner that it is fenced: until a renewal is stored it is to
	// decide nothing and to read nothing more, but to hold what it has. It is Owner
	// again with the same Token, or Nobody when it was found dead meanwhile.
	Suspended bool
	// Leaving tells an Owner that it is to hand the unit over: where units are handed
	// over by overlap to the member To, which begins beside it; elsewhere it is to
	// end its work. It is to call [Keeper.Release] when it is done. It becomes false
	// again when the unit is to stay after all.
	Leaving bool
	// To is the successor; Leaving is not told before the offer is stored. Empty where
	// units are handed over by overlap: this member is to leave ([Keeper.Leave]) and
	// there is nobody to hand over to.
	To string
	// Taken tells an Owner that the successor has begun.
	Taken bool
}

// Decides reports whether this member may decide about the unit now.
func (r Role) Decides() bool { return r.Part == Owner && !r.Suspended }
