package autodiscover

import (
	"context"
	"time"
)

const (
	// refreshAfter is the age of the last walk from which a failed connection makes a new one worth while
	// (office-developer-exchange-docs, "How to: Refresh configuration information by using Autodiscover").
	refreshAfter = time.Hour
	// plainFor is how long a service of plain XML is used before SOAP is looked for again: a TTL not given means 1 h.
	plainFor = time.Hour
	// patience is how many answers in a row that ask to come later make another endpoint worth looking for.
	patience = 3
	// maxDomains bounds what is remembered.
	maxDomains = 10_000
)

// key names the service of a domain, as users of the domain trust may use it: both are the same but for redirected addresses.
type key struct{ trust, domain string }

// entry is what is known of a service.
type entry struct {
	endpoint endpoint // that answered; zero: none
	walked   time.Time
	busy     int // answers in a row that asked to come later
	busyAt   time.Time
	flight   *flight // the walk under way; nil: none
}

// flight is a walk under way. Its error, set before done is closed, is every waiting call's.
type flight struct {
	done    chan struct{}
	verdict verdict
	err     error
}

func (c *Client) configuredFor(k key) bool { return c.o.URL != "" && k.domain == k.trust }

// askDomain asks the service of a domain about users, looking for it first where it is not known, or works no more.
func (c *Client) askDomain(ctx context.Context, k key, users []string, hops int) (found, error) {
	var failed endpoint // known, and given up by this call
	var why verdict
	var cause error
	for {
		known, f, lead := c.begin(k, failed)
		switch {
		case lead:
			w := c.newWalk(k, users, hops)
			if failed.url != "" {
				w.visited[failed.id()] = true
				w.fail(failed, why, cause)
			}
			got, err := w.run(ctx)
			return got, c.land(ctx, k, f, got, err, cause)
		case f != nil:
			select {
			case <-f.done:
			case <-ctx.Done():
				return found{verdict: ends}, ctx.Err()
			}
			if f.err != nil {
				return found{verdict: f.verdict}, f.err
			}
		default:
			began := c.o.Now()
			got, err := c.askAt(ctx, k, known, users, hops)
			if !c.settle(k, known, got, began) || failed.url != "" {
				return got, err
			}
			failed, why, cause = known, got.verdict, err
		}
	}
}

// askAt asks one endpoint, and those it redirects to.
func (c *Client) askAt(ctx context.Context, k key, e endpoint, users []string, hops int) (found, error) {
	w := c.newWalk(k, users, hops)
	got, done, err := w.try(ctx, e, hops)
	if !done {
		return found{verdict: w.worst}, w.failure
	}
	return got, err
}

// begin finds the known endpoint, or the walk to wait for, or makes the call lead one.
func (c *Client) begin(k key, failed endpoint) (known endpoint, f *flight, lead bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entry(k)
	if e.flight != nil {
		return endpoint{}, e.flight, false
	}
	usable := e.endpoint.url != "" && !e.endpoint.is(failed)
	if usable && (e.endpoint.protocol == SOAP || c.configuredFor(k) || c.o.Now().Sub(e.walked) < plainFor) {
		known = e.endpoint
		if known.source != SourceConfigured {
			known.source = SourceKnown
		}
		return known, nil, false
	}
	e.flight = &flight{done: make(chan struct{})}
	return endpoint{}, e.flight, true
}

// entry makes room for a new one by forgetting another, which costs no more than a walk.
func (c *Client) entry(k key) *entry {
	if e := c.domains[k]; e != nil {
		return e
	}
	for other, e := range c.domains {
		if len(c.domains) < maxDomains {
			break
		}
		if e.flight == nil {
			delete(c.domains, other)
		}
	}
	e := &entry{}
	c.domains[k] = e
	return e
}

// land takes in what a walk found. A walk that found nothing changes nothing, and the failure that led to it stands.
func (c *Client) land(ctx context.Context, k key, f *flight, got found, err, cause error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entry(k)
	now := c.o.Now()
	e.walked, e.busy, e.flight = now, 0, nil
	if got.endpoint.url != "" {
		e.endpoint = c.kept(k, got.endpoint)
		if got.verdict == busy {
			e.busy, e.busyAt = 1, now
		}
	} else if cause != nil && got.verdict != ends {
		err = cause
	}
	if ctx.Err() == nil && got.verdict != service {
		f.verdict, f.err = got.verdict, err
	}
	close(f.done)
	return err
}

// kept is the endpoint to begin with next time: the one that answered, or the configured one, wherever it redirected to.
func (c *Client) kept(k key, answered endpoint) endpoint {
	if c.configuredFor(k) {
		return endpointAt(c.o.URL, SourceConfigured)
	}
	return answered
}

// settle takes in the outcome of a request to a known endpoint, and reports whether another is to be looked for.
func (c *Client) settle(k key, known endpoint, got found, began time.Time) (lookElsewhere bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entry(k)
	if !e.endpoint.is(known) { // replaced meanwhile
		return got.verdict != works && got.verdict != service && got.verdict != ends
	}
	switch got.verdict {
	case works, service:
		e.busy, e.endpoint = 0, c.kept(k, got.endpoint)
	case busy, overloaded:
		if began.Before(e.busyAt) { // simultaneous requests say it once
			return false
		}
		e.busy++
		e.busyAt = c.o.Now()
		return e.busy >= patience
	case unreachable, denied: // it was not denied before: what changed is the login's right, or the token's age
		return c.o.Now().Sub(e.walked) >= refreshAfter
	case refused, foreign:
		return true
	}
	return false
}
