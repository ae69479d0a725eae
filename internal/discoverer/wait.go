package discoverer

import (
	"errors"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
)

// fault is an error of Autodiscover as the recovery table knows it. One of
// another kind has no row of its own.
func fault(err error) *ewsaffinity.Fault {
	var f *ewsaffinity.Fault
	if errors.As(err, &f) {
		return f
	}
	return &ewsaffinity.Fault{Op: ewsaffinity.OpDiscover, Code: "unexpected", Err: err}
}

// waitAfter is the time to the next attempt at a mailbox after failures in a row.
func waitAfter(f *ewsaffinity.Fault, failures int, random float64) time.Duration {
	row := ewsaffinity.Recover(ewsaffinity.OpDiscover, f.Code)
	parked := failures
	for _, step := range row.Steps {
		if step.Do == ewsaffinity.Park || step.Do == ewsaffinity.Stop {
			break
		}
		parked -= max(step.Times, 1)
	}
	return waitFor(row, f, failures, ewsaffinity.ParkDelay(parked), random)
}

// restAfter is how long a domain or an account is left alone after failures in a
// row. It is never left for hours: what stopped it may have been mended.
func restAfter(f *ewsaffinity.Fault, failures int, random float64) time.Duration {
	row := ewsaffinity.Recover(ewsaffinity.OpDiscover, f.Code)
	return waitFor(row, f, failures, ewsaffinity.ParkDelay(1), random)
}

func waitFor(row ewsaffinity.Row, f *ewsaffinity.Fault, failures int, parked time.Duration, random float64) time.Duration {
	step := row.Next(ewsaffinity.Seen{Times: failures})
	wait := ewsaffinity.BackOff(failures, random)
	switch {
	case step.Do == ewsaffinity.HonourHint && f.BackOff > 0:
		wait = ewsaffinity.HintDelay(f.BackOff, random)
	case (step.Do == ewsaffinity.Park || step.Do == ewsaffinity.Stop) && step.Wait == 0:
		wait = spread(parked, random)
	}
	return max(wait, step.Wait, ewsaffinity.LeastWait)
}

// spread adds jitter of a tenth in either direction.
func spread(d time.Duration, random float64) time.Duration {
	return d + time.Duration((random*2-1)*float64(d)/10)
}

// blame is what a failed request speaks against.
type blame int

const (
	blameMailbox blame = iota // one of those asked about, or their number
	blameDomain
	blameAccount // no request of this account, or of this client, can go well
)

// blameFor tells what the failure of a whole request speaks against.
func blameFor(f *ewsaffinity.Fault) blame {
	row := ewsaffinity.Recover(ewsaffinity.OpDiscover, f.Code)
	endpoint := row.Scope.Has(ewsaffinity.ScopeEndpoint)
	stopsAtOnce := row.Next(ewsaffinity.Seen{Times: 1}).Do == ewsaffinity.Stop
	switch {
	case row.Scope == ewsaffinity.ScopeAccount, stopsAtOnce && !endpoint:
		return blameAccount
	case endpoint, row.Scope.Has(ewsaffinity.ScopeAccount):
		return blameDomain
	}
	return blameMailbox
}
