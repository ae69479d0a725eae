package ewsaffinity

import "time"

// BackOff is the wait before attempt n + 1 of something that failed n times: a
// ladder from 2 s, doubling up to 5 min, with full jitter. random is in [0, 1).
func BackOff(attempt int, random float64) time.Duration {
	const first, longest = 2 * time.Second, 5 * time.Minute
	wait := first
	for n := 1; n < attempt && wait < longest; n++ {
		wait *= 2
	}
	return time.Duration(random * float64(min(wait, longest)))
}

// HintDelay is the wait that a server's hint asks for: a tenth and up to 5 s
// more than the hint, so that not all callers are back at once. random is in [0, 1).
func HintDelay(hint time.Duration, random float64) time.Duration {
	return hint + hint/10 + time.Duration(random*float64(5*time.Second))
}

// LeastWait keeps full jitter, and hints of 0 ms, from meaning "at once".
const LeastWait = time.Second

// RetryDelay is the wait before the next attempt of something that failed attempt
// times: what the server's hint asks for, or, without one (zero), BackOff and at
// least LeastWait. random is in [0, 1).
func RetryDelay(hint time.Duration, attempt int, random float64) time.Duration {
	if hint > 0 {
		return HintDelay(hint, random)
	}
	return max(LeastWait, BackOff(attempt, random))
}

// ParkDelay is how long a mailbox stays parked that was parked attempts times in
// a row, this time included. The caller adds jitter.
func ParkDelay(attempts int) time.Duration {
	ladder := [...]time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}
	return ladder[min(max(attempts, 1), len(ladder))-1]
}

// ResubscribeDelay says what to do with a mailbox whose subscription died, and
// after which wait. forced counts its forced resubscriptions within an hour, over
// generations, this one included. The third asks Autodiscover first; from the
// sixth on the mailbox is parked, for as long as ParkDelay says.
func ResubscribeDelay(forced int) (time.Duration, Do) {
	switch {
	case forced <= 1:
		return 0, Resubscribe
	case forced == 2:
		return 30 * time.Second, Resubscribe
	case forced == 3:
		return 2 * time.Minute, Rediscover
	case forced == 4:
		return 10 * time.Minute, Resubscribe
	case forced == 5:
		return 30 * time.Minute, Resubscribe
	}
	return 0, Park
}
