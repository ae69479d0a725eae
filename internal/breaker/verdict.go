package breaker

import (
	"fmt"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Do is what a verdict asks for.
type Do string

// What a [Verdict] asks for.
const (
	Continue Do = "continue" // go on: the stream is as good as before
	Reopen   Do = "reopen"   // open a connection with the same subscriptions
	Wait     Do = "wait"     // the same, but Exchange asked for the time, or needs it
	Regroup  Do = "regroup"  // ask for new subscriptions as Action says
	Stop     Do = "stop"     // leave Exchange alone and tell the operator; one probe after Wait
)

// Verdict is what to do about an outcome.
type Verdict struct {
	Do     Do
	Wait   time.Duration          // before it is done
	Action messages.RegroupAction // of Regroup
	Whole  bool                   // of Regroup: every mailbox of the group is meant, not only those the fault names
	Reason string                 // for operators
}

const (
	reopenAfter = time.Second      // least wait before a second reopening in a row
	probeAfter  = 5 * time.Minute  // of what was stopped: at most 3 logins in 10 min
	probeSpread = 30 * time.Second // so that groups do not probe together
)

func (g *Group) verdict(fault *ewsaffinity.Fault, row ewsaffinity.Row, seen ewsaffinity.Seen) Verdict {
	step := row.Next(seen)
	v := Verdict{Wait: step.Wait, Reason: fmt.Sprintf("%s: %s", fault.Code, row.Meaning)}
	switch step.Do {
	case ewsaffinity.Nothing:
		v.Do = Continue
	case ewsaffinity.ReopenSameIDs:
		v.Do = Reopen
		if seen.Times > 1 {
			v.Wait = reopenAfter + g.jitter(time.Second)
		}
	case ewsaffinity.Retry, ewsaffinity.HonourHint:
		v.Do = Wait
		v.Wait += ewsaffinity.RetryDelay(fault.BackOff, seen.Times, g.random())
	case ewsaffinity.Stop:
		v.Do = Stop
		v.Wait = max(step.Wait, probeAfter) + g.jitter(probeSpread)
	default:
		v.Do = Regroup
		v.Action, v.Whole = action(step.Do, seen)
	}
	return v
}

// action is how the request for new subscriptions is worded. A mailbox that is to
// be parked is resubscribed too: the Subscribe that is refused parks it.
func action(do ewsaffinity.Do, seen ewsaffinity.Seen) (messages.RegroupAction, bool) {
	switch do {
	case ewsaffinity.Regroup:
		return messages.RegroupAll, true
	case ewsaffinity.RediscoverGroup:
		return messages.Rediscover, true
	case ewsaffinity.Rediscover:
		return messages.Rediscover, false
	case ewsaffinity.Park:
		if seen.Several {
			return messages.Rediscover, true
		}
	}
	return messages.Resubscribe, false
}

func (g *Group) jitter(most time.Duration) time.Duration {
	return time.Duration(g.random() * float64(most))
}

// renews reports whether do ends in new subscriptions.
func renews(do ewsaffinity.Do) bool {
	switch do {
	case ewsaffinity.Resubscribe, ewsaffinity.Rediscover, ewsaffinity.Park:
		return true
	}
	return whole(do)
}

func whole(do ewsaffinity.Do) bool {
	return do == ewsaffinity.Regroup || do == ewsaffinity.RediscoverGroup
}
