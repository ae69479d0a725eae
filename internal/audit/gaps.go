package audit

import (
	"fmt"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Recovery is how much longer than the fault that opened it a gap may be.
const Recovery = 30 * time.Second

// Gaps is how long the announced gaps are.
type Gaps struct {
	Lengths []time.Duration // sorted
	TooLong []string        // longer than the outages they touch, and Recovery
}

// CheckGaps holds the announced gaps against the faults.
func CheckGaps(stored []Stored, outages []Outage) Gaps {
	var report Gaps
	faults := merge(outages)
	for _, s := range stored {
		gap, ok := s.Event.(messages.MailboxGap)
		if !ok {
			continue
		}
		length := gap.To.Sub(gap.From)
		report.Lengths = append(report.Lengths, length)
		if most := faults.within(gap.From.Add(-Slack), gap.To.Add(Slack)) + Recovery + Slack; length > most {
			report.TooLong = append(report.TooLong, fmt.Sprintf("%s: %s, %s from %s to %s, at most %s are due", gap.Mailbox, gap.Cause,
				length, gap.From.Format(time.StampMilli), gap.To.Format(time.StampMilli), most))
		}
	}
	slices.Sort(report.Lengths)
	return report
}

// spans are disjoint and in order.
type spans []span

// merge is when at least one fault lasted.
func merge(outages []Outage) spans {
	sorted := slices.SortedFunc(slices.Values(outages), func(a, b Outage) int { return a.From.Compare(b.From) })
	var merged spans
	for _, o := range sorted {
		n := len(merged)
		if n == 0 || o.From.After(merged[n-1].to) {
			merged = append(merged, span{o.From, o.To})
		} else if o.To.After(merged[n-1].to) {
			merged[n-1].to = o.To
		}
	}
	return merged
}

// within is how much of the time between two moments they take.
func (all spans) within(from, to time.Time) time.Duration {
	var total time.Duration
	for _, s := range all {
		begin, end := s.from, s.to
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		total += max(0, end.Sub(begin))
	}
	return total
}

// String is the report in a few lines.
func (g Gaps) String() string {
	return fmt.Sprintf("gaps %d: p50 %.1f s, p95 %.1f s, max %.1f s", len(g.Lengths), Quantile(g.Lengths, 0.5).Seconds(),
		Quantile(g.Lengths, 0.95).Seconds(), Quantile(g.Lengths, 1).Seconds()) + cases([]wrong{{"too long", g.TooLong}})
}
