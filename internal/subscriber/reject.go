package subscriber

import (
	"maps"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// rest leaves an endpoint alone that asked for it, or whose breaker is open.
func (s *Subscriber) rest(o outcome) {
	url := o.change.Key.URL
	if o.halted == nil && o.wait == 0 {
		delete(s.restless, url)
		return
	}
	wait := o.wait
	if o.halted != nil {
		s.restless[url]++
		wait = max(wait, s.waitFor(o.halted, s.restless[url]))
		s.log.Warn("endpoint left alone", "url", url, "wait", wait.Round(time.Millisecond), "code", o.halted.Code,
			"request_id", o.halted.RequestID, "err", o.halted.Text, "hint", hint(o.halted))
	}
	s.endpoint(url).rest(wait)
}

func hint(fault *ewsaffinity.Fault) string {
	return ewsaffinity.Recover(fault.Op, fault.Code).Meaning
}

// rejectionFacts park every mailbox that Exchange refused, with its code and the
// time of the next attempt, and doubt the place of those that may have moved.
func (s *Subscriber) rejectionFacts(o outcome) []messages.Fact {
	var facts []messages.Fact
	for _, a := range slices.Sorted(maps.Keys(o.rejected)) {
		fault := o.rejected[a]
		attempts := s.roster.ParkedAttempts(a) + 1
		step := ewsaffinity.Recover(fault.Op, fault.Code).Next(ewsaffinity.Seen{Times: attempts, MoveStarted: fault.MoveStarted()})
		cause := messages.Cause{Reason: string(fault.Op) + " rejected"}
		if step.Do == ewsaffinity.Rediscover || step.Do == ewsaffinity.RediscoverGroup {
			facts = append(facts, messages.MailboxStale{Meta: s.meta(cause), Mailbox: a, Code: string(fault.Code)})
		}
		next := time.Now().Add(s.parkFor(step, fault, attempts))
		facts = append(facts, messages.MailboxParked{Meta: s.meta(cause), Mailbox: a, Code: string(fault.Code),
			Text: fault.Text, Attempts: attempts, NextAttempt: next.UTC()})
		s.log.Warn("mailbox parked", "mailbox", a.Redacted(), "code", fault.Code, "attempts", attempts,
			"next", next, "request_id", fault.RequestID, "err", fault.Text, "hint", hint(fault))
	}
	return facts
}

// parkFor is how long a rejected mailbox is left alone: briefly where trying
// again may help, by the ladder of parking where only people or time can.
func (s *Subscriber) parkFor(step ewsaffinity.Step, fault *ewsaffinity.Fault, attempts int) time.Duration {
	switch step.Do {
	case ewsaffinity.Park, ewsaffinity.Stop:
		return spread(max(step.Wait, ewsaffinity.ParkDelay(attempts)), s.cfg.Random())
	}
	return max(step.Wait, s.waitFor(fault, attempts))
}

// waitFor is the wait before asking again what failed attempts times.
func (s *Subscriber) waitFor(fault *ewsaffinity.Fault, attempts int) time.Duration {
	return ewsaffinity.RetryDelay(fault.BackOff, attempts, s.cfg.Random())
}

// spread varies a delay by up to a fifth, so that mailboxes parked together do
// not come back together.
func spread(d time.Duration, random float64) time.Duration {
	return d + time.Duration((random-0.5)*0.4*float64(d))
}
