package ewsaffinity

import "time"

// Do is what the recovery table asks for.
type Do string

// What can be done about a fault.
const (
	Nothing         Do = "nothing"          // go on
	Retry           Do = "retry"            // the same again after BackOff
	HonourHint      Do = "honour-hint"      // the same again after HintDelay, or BackOff where the server gave no hint
	ReopenSameIDs   Do = "reopen-same-ids"  // a new connection with the same subscriptions
	Resubscribe     Do = "resubscribe"      // a new subscription of the mailbox in its group
	Regroup         Do = "regroup"          // a new generation of the group: anchor first, new cookie
	Rediscover      Do = "rediscover"       // ask Autodiscover about the mailbox, then subscribe where it says
	RediscoverGroup Do = "rediscover-group" // the same for every mailbox of the group
	Park            Do = "park"             // leave the mailbox alone until a next attempt
	Stop            Do = "stop"             // stop what Scope names and tell the operator; probe slowly
)

// Adjustment is what has to be different before a step is taken.
type Adjustment string

// Adjustments.
const (
	FewerStreams    Adjustment = "fewer-streams"    // close an own stale stream, or let another mailbox be charged
	LessParallel    Adjustment = "less-parallel"    // halve the parallel calls
	SmallerRequest  Adjustment = "smaller-request"  // halve page, batch or list of ids
	RestOfBatch     Adjustment = "rest-of-batch"    // see to the item that failed first, send the others again
	LeaveOut        Adjustment = "leave-out"        // go on without the item or id
	NewSyncState    Adjustment = "new-sync-state"   // begin the synchronisation anew and drop what is known
	ResolveFolders  Adjustment = "resolve-folders"  // ask for the folder ids again
	PrimaryAddress  Adjustment = "primary-address"  // use the address that the answer names
	RightAccount    Adjustment = "right-account"    // as the account that is to own the subscription
	OwnGroup        Adjustment = "own-group"        // the mailbox as a group of one, without cookie
	FreshConnection Adjustment = "fresh-connection" // close the connection; log in anew, without old cookies
	OlderVersion    Adjustment = "older-version"    // an earlier RequestServerVersion
	NewerVersion    Adjustment = "newer-version"    // a later RequestServerVersion
)

// Step is one link of a row's chain. The next link follows when this one failed
// Times times (once where Times is zero), or succeeded and the fault was back
// within [RepeatWindow]. The last link holds for good.
type Step struct {
	Do    Do
	Times int
	Wait  time.Duration // the least wait before doing it; for Park and Stop the time to the next attempt; zero: the usual one
	With  Adjustment    // empty: none
}

// RepeatWindow is how soon a fault must be back to count as a repeat.
const RepeatWindow = 10 * time.Minute

// Fate is what became of the subscription a fault spoke of.
type Fate string

// Fates of a subscription.
const (
	Kept    Fate = "kept"
	Dead    Fate = "dead"
	Unknown Fate = "unknown"
	None    Fate = "none" // there is none
)

// Row is what the recovery table says about a code.
type Row struct {
	Code         Code
	Known        bool  // false: the row for any other code
	At           Ops   // where the code is expected; elsewhere its meaning is taken to be the same
	Scope        Scope // what it may concern
	Steps        []Step
	Subscription Fate
	Gap          bool   // events may be lost: announce or read back
	Moved        Do     // instead of Steps when the server says MailboxMoveStarted; empty: no difference
	Ours         Do     // instead of Steps when we brought it about; empty: no difference
	Most         Do     // instead of Steps when a fifth of the mailboxes have it; empty: no difference
	Meaning      string // for operators
	Source       string // see the legend at the table
}

// Seen is what the caller knows about the occurrence of a fault.
type Seen struct {
	Times       int  // occurrences, this one included, none of them longer than RepeatWindow after the one before
	Anchor      bool // the group's anchor is concerned
	Several     bool // more ids of the group are concerned than single repairs are good for: see Several
	Most        bool // a fifth of all mailboxes or more
	Ours        bool // we brought it about: our second stream, our Unsubscribe
	MoveStarted bool // Fault.MoveStarted
}

// Next walks the row's chain to the step that is due. A step of one mailbox
// becomes one of the group when several of its ids died, or when its anchor is
// concerned by what may concern a group: one job instead of 200.
func (r Row) Next(seen Seen) Step {
	step := r.step(seen)
	if seen.Several || seen.Anchor && r.Scope.Has(ScopeGroup) {
		step.Do = ofGroup(step.Do)
	}
	return step
}

func (r Row) step(seen Seen) Step {
	switch {
	case seen.Ours && r.Ours != "":
		return Step{Do: r.Ours}
	case seen.MoveStarted && r.Moved != "":
		return Step{Do: r.Moved}
	case seen.Most && r.Most != "":
		return Step{Do: r.Most}
	}
	due, left := Step{Do: Nothing}, seen.Times
	for _, due = range r.Steps {
		if left -= max(due.Times, 1); left <= 0 {
			break
		}
	}
	return due
}

func ofGroup(do Do) Do {
	switch do {
	case Resubscribe:
		return Regroup
	case Rediscover:
		return RediscoverGroup
	}
	return do
}

// Several reports whether so many ids of a group died at once (within 30 s) that
// the group is done over: more than four, or two and more that make up a fifth.
func Several(died, members int) bool { return died > 4 || died > 1 && died*5 >= members }

// Recover looks up what to do about a code. It is total: an unknown code gets
// the row for any other code, with Known false. Steps that make no sense for the
// operation are left out: reading back resubscribes nothing, Autodiscover is not
// rediscovered, and an Unsubscribe that fails is at most repeated.
func Recover(op Operation, code Code) Row {
	row := find(op, code)
	row.Code = code
	row.Steps = fitting(op, row.Steps)
	return row
}

func find(op Operation, code Code) Row {
	rows := table[code]
	for _, row := range rows {
		if row.At.Has(op) {
			return row
		}
	}
	if len(rows) > 0 {
		return rows[0]
	}
	return anyOther
}

func fitting(op Operation, steps []Step) []Step {
	fit := make([]Step, 0, len(steps))
	for _, step := range steps {
		if fits(op, step.Do) {
			fit = append(fit, step)
		}
	}
	switch {
	case op == OpUnsubscribe && len(fit) < len(steps):
		return append(fit, Step{Do: Nothing})
	case len(fit) == 0:
		return append(fit, Step{Do: Park})
	}
	return fit
}

func fits(op Operation, do Do) bool {
	switch do {
	case Resubscribe, Regroup:
		return op == OpStream || op == OpSubscribe
	case Rediscover, RediscoverGroup:
		return op != OpDiscover && op != OpUnsubscribe
	case Park:
		return op != OpUnsubscribe
	}
	return true
}
