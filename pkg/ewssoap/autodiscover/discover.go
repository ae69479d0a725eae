package autodiscover

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// Result is what Autodiscover says about one user.
type Result struct {
	User     string            // as asked for
	Address  string            // that was asked about last: another one after a RedirectAddress
	Endpoint string            // URL of the service that answered; empty: none did
	Answered bool              // false: the service's list ended before this user, as it does when throttled; ask again
	Settings map[string]string // by name; what the server lacks is absent
	Err      error             // *ewssoap.Error with the user's ErrorCode, *RedirectError, or why the endpoint of a redirect failed
}

// asking is a user on the way to an answer.
type asking struct {
	index   int // in the results
	address string
	hops    int
	seen    []string // addresses and URLs
}

// batch are users to be asked about together: at a URL, or at the service of a domain.
type batch struct {
	url    string // empty: found from the domain
	domain string
	users  []asking
}

// Discover asks about users, SMTP addresses of one domain, in one request and as many more as redirects and a walk take.
// There is a result for each, in their order. The error is about the request as a whole: an *[ewssoap.Error] or what else the
// Service returned, a *[WalkError], or the context's. A batch that is refused with InvalidRequest, that times out, or that
// is too much for a busy server, may go well in halves; [Client.All] sees to that.
func (c *Client) Discover(ctx context.Context, users ...string) ([]Result, error) {
	first := batch{}
	results := make([]Result, len(users))
	for i, user := range users {
		domain := domainOf(user)
		switch {
		case domain == "":
			return nil, noAddress(user)
		case i > 0 && domain != first.domain:
			return nil, fmt.Errorf("autodiscover: users of one domain belong together, have %s and %s", first.domain, domain)
		}
		first.domain = domain
		first.users = append(first.users, asking{index: i, address: user, seen: []string{strings.ToLower(user)}})
		results[i] = Result{User: user, Address: user}
	}
	if len(users) == 0 {
		return nil, nil
	}
	trust := first.domain
	for queue := []batch{first}; len(queue) > 0; queue = queue[1:] {
		got, err := c.askBatch(ctx, trust, queue[0])
		if err != nil && (queue[0].users[0].hops == 0 || got.verdict == ends) {
			return nil, err
		}
		queue = append(queue, c.take(trust, queue[0], got, err, results)...)
	}
	return results, nil
}

func noAddress(user string) error { return fmt.Errorf("autodiscover: %q is no SMTP address", user) }

// askBatch sends one batch where it belongs.
func (c *Client) askBatch(ctx context.Context, trust string, b batch) (found, error) {
	addresses := make([]string, len(b.users))
	hops := 0
	for i, u := range b.users {
		addresses[i], hops = u.address, max(hops, u.hops)
	}
	k := key{trust, b.domain}
	if b.url != "" {
		return c.askAt(ctx, k, endpointAt(b.url, SourceRedirect), addresses, hops)
	}
	return c.askDomain(ctx, k, addresses, hops)
}

// take writes the answers to a batch into the results, and returns what redirects make to be asked next.
func (c *Client) take(trust string, b batch, got found, err error, results []Result) (next []batch) {
	for i, u := range b.users {
		r := &results[u.index]
		r.Address, r.Endpoint = u.address, got.endpoint.url
		if err != nil {
			r.Answered, r.Err = true, err
			continue
		}
		answer := got.users[i]
		r.Answered, r.Settings, r.Err = answer.Answered, answer.Settings, nil
		if answer.Err == nil {
			continue
		}
		r.Err = answer.Err
		if answer.Err.Code == redirectAddress || answer.Err.Code == redirectURL {
			to, refusal := c.redirected(trust, &u, answer, got)
			if refusal != nil {
				refusal.Err = answer.Err
				r.Err = refusal
				c.observed(Step{Domain: b.domain, Source: SourceRedirect, Protocol: got.endpoint.protocol, URL: refusal.Target, Err: refusal, Began: c.o.Now()})
				continue
			}
			next = join(next, to, u)
		}
	}
	return next
}

// redirected is the batch that a redirected user belongs to. It updates the user.
func (c *Client) redirected(trust string, u *asking, answer ewssoap.UserSettings, got found) (batch, *RedirectError) {
	to, isAddress := batch{}, answer.Err.Code == redirectAddress
	target := answer.RedirectTarget
	refuse := func(r Reason) *RedirectError {
		return &RedirectError{Reason: r, Address: isAddress, Target: target, Host: hostOf(to.url)}
	}
	if isAddress {
		if to.domain = domainOf(target); to.domain == "" {
			return batch{}, refuse(ReasonTarget)
		}
		u.address = target
	} else {
		e, refusal := c.target(got.endpoint.url, target, trust)
		if refusal != nil {
			return batch{}, refusal
		}
		to.url, to.domain, target = e.url, domainOf(u.address), e.url
	}
	if slices.Contains(u.seen, strings.ToLower(target)) || strings.EqualFold(target, got.endpoint.url) {
		return batch{}, refuse(ReasonLoop)
	}
	u.seen = append(slices.Clone(u.seen), strings.ToLower(target))
	if u.hops = got.hops + 1; u.hops > maxHops {
		return batch{}, refuse(ReasonHops)
	}
	return to, nil
}

// join adds a user to the batch with the same destination.
func join(batches []batch, to batch, u asking) []batch {
	for i := range batches {
		if batches[i].url == to.url && batches[i].domain == to.domain {
			batches[i].users = append(batches[i].users, u)
			return batches
		}
	}
	to.users = []asking{u}
	return append(batches, to)
}
