package autodiscover

import (
	"context"
	"errors"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// Pace says how [Client.All] asks. Zero fields take the default.
type Pace struct {
	Batch    int // users in one request; default 50: no limit is documented
	Attempts int // requests in a row without an answer, or answers about a user that pass, before giving up; default 5
}

const (
	leastWait = time.Second
	firstWait = 2 * time.Second
	mostWait  = 5 * time.Minute
)

// All asks about users of any domains until each has an answer that lasts, or was asked about often enough. Those a service
// leaves out, and those it wants to be asked about later, are asked about again. A batch is halved where it is refused with
// InvalidRequest, where it times out, and where the service is busy twice in a row. Between failures All waits: as long as
// the service asks for, else from 2 s on and doubling, up to 5 min, with jitter.
//
// There is a result for each user, in their order, also beside an error. The error is that no endpoint may be asked, such as a
// refused login, or the context's; what keeps one domain from being discovered is the Err of its users.
func (c *Client) All(ctx context.Context, users []string, p Pace) ([]Result, error) {
	if p.Batch <= 0 {
		p.Batch = 50
	}
	if p.Attempts <= 0 {
		p.Attempts = 5
	}
	results := make([]Result, len(users))
	sweeps := map[string]*sweep{}
	var order []*sweep
	for i, user := range users {
		results[i] = Result{User: user, Address: user}
		domain := domainOf(user)
		if domain == "" {
			results[i].Answered, results[i].Err = true, noAddress(user)
			continue
		}
		s := sweeps[domain]
		if s == nil {
			s = &sweep{c: c, p: p, size: p.Batch, results: results, tries: map[int]int{}}
			sweeps[domain] = s
			order = append(order, s)
		}
		s.left = append(s.left, i)
	}
	for _, s := range order {
		if err := s.run(ctx); err != nil {
			return results, err
		}
	}
	return results, nil
}

// sweep is the users of one domain that are still to be asked about.
type sweep struct {
	c        *Client
	p        Pace
	results  []Result
	left     []int
	tries    map[int]int // answers about a user that pass
	size     int
	failures int // requests in a row
}

func (s *sweep) run(ctx context.Context) error {
	for len(s.left) > 0 {
		batch := s.left[:min(s.size, len(s.left))]
		users := make([]string, len(batch))
		for i, at := range batch {
			users[i] = s.results[at].User
		}
		answers, err := s.c.Discover(ctx, users...)
		wait := time.Duration(0)
		switch {
		case err == nil:
			wait = s.answered(ctx, batch, answers)
		case ctx.Err() != nil:
			return ctx.Err()
		case s.c.judge(ctx, err) == ends:
			return err
		default:
			wait = s.failed(ctx, batch, err)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
	return nil
}

// answered keeps the answers that last, and lets the others wait behind the rest.
func (s *sweep) answered(ctx context.Context, batch []int, answers []Result) (wait time.Duration) {
	var again []int
	progress := false
	for i, at := range batch {
		progress = progress || answers[i].Answered
		if !answers[i].Answered {
			again = append(again, at)
			continue
		}
		s.results[at] = answers[i]
		if s.passes(ctx, answers[i].Err) {
			if s.tries[at]++; s.tries[at] < s.p.Attempts {
				again = append(again, at)
				wait = max(wait, s.pause(answers[i].Err, s.tries[at]))
			}
		}
	}
	if !progress {
		return s.failed(ctx, batch, errNoAnswer)
	}
	s.failures = 0
	s.left = append(append([]int{}, s.left[len(batch):]...), again...)
	return wait
}

var errNoAnswer = errors.New("autodiscover: the service answered about none of the users")

// failed makes the batch smaller, or gives it up.
func (s *sweep) failed(ctx context.Context, batch []int, err error) (wait time.Duration) {
	code := outcome(err)
	switch s.failures++; {
	case code == "InvalidRequest" && len(batch) > 1:
		s.size, s.failures = len(batch)/2, 0
		return 0
	case code == "InvalidRequest":
		s.give(batch, err)
		return 0
	case s.failures >= s.p.Attempts, s.c.judge(ctx, err) == refused:
		s.give(s.left, err)
		return 0
	}
	if code == ewssoap.ConditionTimeout || s.failures > 1 {
		s.size = max(1, len(batch)/2)
	}
	return s.pause(err, s.failures)
}

// give gives users up, the first of those that are left.
func (s *sweep) give(users []int, err error) {
	for _, at := range users {
		s.results[at].Answered, s.results[at].Err = true, err
	}
	s.left, s.failures = s.left[len(users):], 0
}

// passes reports whether an answer about a user may be another one soon.
func (s *sweep) passes(ctx context.Context, err error) bool {
	switch s.c.judge(ctx, err) {
	case busy, overloaded, unreachable:
		return true
	}
	return false
}

// pause is the wait after failures in a row.
func (s *sweep) pause(err error, failures int) time.Duration {
	var e *ewssoap.Error
	if errors.As(err, &e) && e.BackOff > 0 {
		return e.BackOff + time.Duration(s.c.o.Random()*float64(e.BackOff)/10)
	}
	ladder := min(firstWait<<min(failures-1, 16), mostWait)
	return max(leastWait, time.Duration(s.c.o.Random()*float64(ladder)))
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
