package streamer

import "time"

// ticks is a time in a third of the space: in units of 100 ns since the year 1, as
// Exchange's own clock counts; zero is time's zero.
type ticks int64

const (
	tick             = 100 * time.Nanosecond
	ticksPerSecond   = int64(time.Second / tick)
	secondsUntilUnix = 62_135_596_800 // from the year 1 to 1970
)

// ticksOf is a time without what is finer than a tick.
func ticksOf(t time.Time) ticks {
	return ticks((t.Unix()+secondsUntilUnix)*ticksPerSecond + int64(t.Nanosecond())/int64(tick))
}

// time is the time, in UTC.
func (t ticks) time() time.Time {
	second, rest := int64(t)/ticksPerSecond, int64(t)%ticksPerSecond
	return time.Unix(second-secondsUntilUnix, rest*int64(tick)).UTC()
}
