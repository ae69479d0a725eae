package discoverer

import (
	"context"
	"fmt"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// result is what became of a request.
type result struct {
	domain  *domain
	batch   []*mailbox
	causes  map[messages.Address]messages.Cause // at the time of sending
	sent    time.Time
	answers []Answer
	err     error
}

// ask sends a request about a batch.
func (s *Stage) ask(ctx context.Context, d *domain, batch []*mailbox, now time.Time) {
	r := result{domain: d, batch: batch, sent: now, causes: map[messages.Address]messages.Cause{}}
	addresses := make([]messages.Address, len(batch))
	for i, m := range batch {
		addresses[i] = m.address
		r.causes[m.address] = m.cause()
	}
	s.running++
	d.running++
	s.work.Go(func() {
		r.answers, r.err = s.ports.Autodiscover.Discover(ctx, addresses)
		s.results <- r
	})
}

// result takes in what became of a request.
func (s *Stage) result(ctx context.Context, r result) error {
	s.running--
	r.domain.running--
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.err == nil && len(r.answers) == 0 {
		r.err = &ewsaffinity.Fault{Op: ewsaffinity.OpDiscover, Code: ewsaffinity.CodeMalformed,
			Text: fmt.Sprintf("no answer about any of %d mailboxes", len(r.batch))}
	}
	if r.err != nil {
		return s.requestFailed(ctx, r, fault(r.err))
	}
	s.succeeded(r.domain)
	return s.answered(ctx, r)
}

// answered publishes the answers, and lets those without one wait again.
func (s *Stage) answered(ctx context.Context, r result) error {
	answers := make(map[messages.Address]Answer, len(r.answers))
	for _, answer := range r.answers {
		answers[answer.Mailbox] = answer
	}
	var facts []messages.Fact
	for _, m := range r.batch {
		answer, ok := answers[m.address]
		if !ok {
			s.again(m)
			continue
		}
		m.progress = idle
		if m.wanted() {
			facts = append(facts, s.factOf(m, answer, r.causes[m.address]))
		}
	}
	return s.record(ctx, facts...)
}

// again lets a mailbox that was asked about in vain wait with the others.
func (s *Stage) again(m *mailbox) {
	m.progress = idle
	s.schedule(m)
}

// factOf is the fact that an answer makes.
func (s *Stage) factOf(m *mailbox, answer Answer, cause messages.Cause) messages.Fact {
	meta := s.meta(cause)
	if answer.Fault != nil {
		attempts := m.attempts + 1
		wait := waitAfter(answer.Fault, attempts, s.ports.Random())
		s.log.Warn("mailbox cannot be discovered", "mailbox", m.address, "ews_code", answer.Fault.Code, "attempt", attempts,
			"err", answer.Fault, "backoff_ms", wait.Milliseconds())
		return messages.MailboxUndiscoverable{Meta: meta, Mailbox: m.address, Code: string(answer.Fault.Code),
			Text: answer.Fault.Text, Attempts: attempts, NextAttempt: meta.Time.Add(wait)}
	}
	return messages.MailboxDiscovered{Meta: meta, Mailbox: m.address, URL: answer.URL, Grouping: answer.Grouping}
}

// requestFailed makes the requests of the domain smaller and rarer. Only a
// mailbox that was asked about alone can be to blame.
func (s *Stage) requestFailed(ctx context.Context, r result, f *ewsaffinity.Fault) error {
	to := blameFor(f)
	s.rest(r, f, to)
	if to == blameMailbox && len(r.batch) == 1 {
		m := r.batch[0]
		return s.answered(ctx, result{batch: r.batch, causes: r.causes, answers: []Answer{{Mailbox: m.address, Fault: f}}})
	}
	if to != blameAccount {
		r.domain.halve(len(r.batch), to == blameMailbox)
	}
	for _, m := range r.batch {
		s.again(m)
	}
	return nil
}

// rest leaves alone what failed.
func (s *Stage) rest(r result, f *ewsaffinity.Fault, to blame) {
	resting, what := &r.domain.rest, "domain "+r.domain.name
	if to == blameAccount {
		resting, what = &s.account, "account"
		s.proven = false
	}
	news := resting.failed(r.sent, time.Now(), f, func(failures int) time.Duration {
		return restAfter(f, failures, s.ports.Random())
	})
	s.agenda.add(resting.until, nil)
	if news {
		s.log.Error("Autodiscover fails", "of", what, "ews_code", f.Code, "err", f,
			"backoff_ms", time.Until(resting.until).Milliseconds(), "hint", ewsaffinity.Recover(ewsaffinity.OpDiscover, f.Code).Meaning)
	}
}

// succeeded ends the rests that a request of a domain which went well disproves.
func (s *Stage) succeeded(d *domain) {
	if s.account.failures > 0 || d.rest.failures > 0 {
		s.log.Info("Autodiscover answers again", "of", "domain "+d.name)
	}
	s.account, s.proven = rest{}, true
	d.succeeded(s.cfg.Batch)
}
