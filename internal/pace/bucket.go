package pace

import "time"

// bucket lets through so many a second on average, and at most burst at once.
type bucket struct {
	tokens float64
	at     time.Time // of tokens; zero: it is full
}

// wait is the time until one more may pass.
func (b *bucket) wait(now time.Time, rate, burst float64) time.Duration {
	if tokens := b.fill(now, rate, burst); tokens < 1 {
		return time.Duration((1-tokens)/rate*float64(time.Second)) + 1 // never a moment too early
	}
	return 0
}

// take lets one pass.
func (b *bucket) take(now time.Time, rate, burst float64) {
	b.tokens, b.at = b.fill(now, rate, burst)-1, now
}

func (b *bucket) fill(now time.Time, rate, burst float64) float64 {
	if b.at.IsZero() {
		return burst
	}
	return min(burst, b.tokens+rate*max(0, now.Sub(b.at).Seconds()))
}
