package discoverer

import (
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
)

// rest is the pace of something that can fail as a whole: a domain's
// Autodiscover, or the account. After a failure nothing is sent until a time, and
// then one request at a time, until one succeeds.
type rest struct {
	failures int // in a row
	since    time.Time
	until    time.Time
	code     ewsaffinity.Code // of the last failure; logged when it changes
}

// failed notes a failure of a request. One that was sent before the last failure
// says nothing new: it does not make the rest longer.
func (r *rest) failed(sent, now time.Time, fault *ewsaffinity.Fault, wait func(failures int) time.Duration) (news bool) {
	if r.failures > 0 && !sent.After(r.since) {
		return false
	}
	r.failures++
	r.since, r.until = now, now.Add(wait(r.failures))
	news = r.code != fault.Code
	r.code = fault.Code
	return news
}

// over reports whether requests may be sent.
func (r *rest) over(now time.Time) bool { return !now.Before(r.until) }

// growAfter is the number of successes in a row after which a batch that had been
// halved is doubled. Where the server refused the size, growing may cost another
// refusal: each doubles the number, up to growAtLast.
const (
	growAfter  = 10
	growAtLast = 160
)

// domain is the waiting mailboxes of a domain: they are asked about together.
type domain struct {
	name      string
	waiting   []*mailbox
	begins    time.Time // when less than a full batch of them is asked about
	running   int       // requests
	size      int       // mailboxes in one request
	successes int       // since size changed
	growAfter int       // successes until size may grow
	rest      rest
}

// gathering is how long a mailbox waits for others of its domain: facts about many
// mailboxes come one by one.
const gathering = 200 * time.Millisecond

// ready reports whether a request may be sent.
func (d *domain) ready(now time.Time) bool {
	switch {
	case len(d.waiting) == 0, !d.rest.over(now), d.rest.failures > 0 && d.running > 0:
		return false
	}
	return len(d.waiting) >= d.size || !now.Before(d.begins)
}

// take removes up to size mailboxes that are still to be asked about.
func (d *domain) take(still func(*mailbox) bool) []*mailbox {
	var batch []*mailbox
	for len(d.waiting) > 0 && len(batch) < d.size {
		m := d.waiting[0]
		d.waiting = d.waiting[1:]
		if !still(m) {
			m.progress = idle
			continue
		}
		m.progress = asking
		batch = append(batch, m)
	}
	return batch
}

func (d *domain) put(m *mailbox) {
	m.progress = waiting
	d.waiting = append(d.waiting, m)
}

// halve makes requests smaller than one of asked mailboxes was. A single mailbox
// says nothing about the size.
func (d *domain) halve(asked int, refused bool) {
	smaller := asked / 2
	if smaller == 0 || smaller >= d.size {
		return
	}
	d.size, d.successes = smaller, 0
	if refused {
		d.growAfter = min(2*d.growAfter, growAtLast)
	}
}

// succeeded notes a request that was answered.
func (d *domain) succeeded(largest int) {
	d.rest = rest{}
	if d.successes++; d.successes >= d.growAfter && d.size < largest {
		d.size, d.successes = min(2*d.size, largest), 0
	}
}
