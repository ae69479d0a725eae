package subscriber

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/pace"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// job asks Exchange for what one change needs. It decides nothing but who the
// anchor is, and stops at the first fault that concerns more than one mailbox.
type job struct {
	change      ewsaffinity.Change
	place       messages.Place // of the living group; unused when a generation begins
	exchange    Exchange
	endpoint    *endpoint
	concurrency int
	needFolders map[messages.Address]bool
}

// outcome is what became of a job.
type outcome struct {
	change   ewsaffinity.Change
	place    messages.Place // with the anchor and cookie of a generation that began, and the newest exchangecookie
	since    time.Time      // when it began
	joined   map[messages.Address]messages.Subscription
	folders  map[messages.Address]map[messages.FolderName]string
	rejected map[messages.Address]*ewsaffinity.Fault
	halted   *ewsaffinity.Fault // what stopped the job; nil: nothing
	wait     time.Duration      // how long the endpoint's breaker wants to be left alone
}

func (j *job) run(ctx context.Context) outcome {
	o := outcome{
		change: j.change, place: j.place,
		joined:   map[messages.Address]messages.Subscription{},
		folders:  map[messages.Address]map[messages.FolderName]string{},
		rejected: map[messages.Address]*ewsaffinity.Fault{},
	}
	members := j.resolveFolders(ctx, &o, j.change.Join)
	if j.change.Begin {
		members = j.subscribeAnchor(ctx, &o, members)
	}
	j.each(ctx, &o, members, func(ctx context.Context, a messages.Address, record func(func())) error {
		var place messages.Place
		record(func() { place = o.place })
		s, err := j.exchange.Subscribe(ctx, place, a)
		if err == nil {
			record(func() {
				o.joined[a] = messages.Subscription{ID: s.ID, Since: s.Since}
				o.heed(s)
			})
		}
		return err
	})
	return o
}

// resolveFolders asks for the well-known folders of those whose folders are not
// known, because events name them, and returns who may be subscribed.
func (j *job) resolveFolders(ctx context.Context, o *outcome, members []messages.Address) []messages.Address {
	var unknown []messages.Address
	for _, a := range members {
		if j.needFolders[a] {
			unknown = append(unknown, a)
		}
	}
	j.each(ctx, o, unknown, func(ctx context.Context, a messages.Address, record func(func())) error {
		folders, err := j.exchange.Folders(ctx, j.change.Key.URL, a)
		if err == nil {
			record(func() { o.folders[a] = folders })
		}
		return err
	})
	var resolved []messages.Address
	for _, a := range members {
		if !j.needFolders[a] || o.folders[a] != nil {
			resolved = append(resolved, a)
		}
	}
	return resolved
}

// subscribeAnchor begins a generation: the first member that Exchange accepts is
// the anchor. Its answer sets the cookie, which every other request of the group
// carries; none is asked before it (Microsoft, "Maintain affinity …", steps 4 to 6).
func (j *job) subscribeAnchor(ctx context.Context, o *outcome, members []messages.Address) []messages.Address {
	for i, a := range members {
		place := messages.Place{Group: j.change.Group, URL: j.change.Key.URL, Anchor: a}
		var s Subscribed
		stop := j.ask(ctx, o, a, pace.Anchor, func(ctx context.Context) (err error) {
			s, err = j.exchange.Subscribe(ctx, place, a)
			return err
		})
		if stop {
			return nil
		}
		if o.rejected[a] != nil {
			continue
		}
		place.Cookie = s.Cookie
		o.place, o.since = place, s.Since
		o.heed(s)
		o.joined[a] = messages.Subscription{ID: s.ID, Since: s.Since}
		return members[i+1:]
	}
	return nil
}

// heed keeps the newest exchangecookie: Exchange 2010 may replace it with any
// answer. The override cookie stays the anchor's: it leads to the server that the
// subscriptions of the generation live on.
func (o *outcome) heed(s Subscribed) {
	if s.ExchangeCookie != "" {
		o.place.ExchangeCookie = s.ExchangeCookie
	}
}

// each does one thing for every member, several at a time, until something
// concerns them all. Calls that run then are not cut off: their answers count.
func (j *job) each(ctx context.Context, o *outcome, members []messages.Address,
	do func(ctx context.Context, a messages.Address, record func(func())) error) {
	var mu sync.Mutex // guards o
	record := func(write func()) { mu.Lock(); defer mu.Unlock(); write() }
	queue := make(chan messages.Address)
	var workers sync.WaitGroup
	for range min(j.concurrency, len(members)) {
		workers.Go(func() {
			for a := range queue {
				if ctx.Err() != nil || o.stopped(&mu) {
					continue
				}
				var own outcome
				own.rejected = map[messages.Address]*ewsaffinity.Fault{}
				j.ask(ctx, &own, a, pace.Member, func(ctx context.Context) error { return do(ctx, a, record) })
				record(func() { o.absorb(own) })
			}
		})
	}
	for _, a := range members {
		queue <- a
	}
	close(queue)
	workers.Wait()
}

func (o *outcome) stopped(mu *sync.Mutex) bool {
	mu.Lock()
	defer mu.Unlock()
	return o.halted != nil || o.wait > 0
}

// absorb takes over what one member's call came to.
func (o *outcome) absorb(own outcome) {
	for a, fault := range own.rejected {
		o.rejected[a] = fault
	}
	if own.halted != nil && o.halted == nil {
		o.halted = own.halted
	}
	o.wait = max(o.wait, own.wait)
}

// ask makes one call at the endpoint's pace and under its breaker. A fault of the
// mailbox is noted as its rejection; it reports true when nothing more should be
// asked.
func (j *job) ask(ctx context.Context, o *outcome, a messages.Address, kind pace.Kind, call func(context.Context) error) (stop bool) {
	if err := j.endpoint.ramp.Wait(ctx, kind); err != nil {
		return true
	}
	done, wait, ok := j.endpoint.allow()
	if !ok {
		o.wait = wait
		return true
	}
	err := call(ctx)
	if ctx.Err() != nil {
		done(cancelled)
		return true
	}
	fault := asFault(err, a)
	done(fault)
	switch {
	case fault == nil:
		return false
	case concernsMany(fault):
		o.halted = fault
		j.endpoint.heed(fault)
		return true
	}
	o.rejected[a] = fault
	return false
}

// cancelled is what a call that was given up says of the endpoint: nothing.
var cancelled = &ewsaffinity.Fault{Op: ewsaffinity.OpSubscribe, Code: ewsaffinity.CodeCancelled}

// concernsMany reports whether the next mailbox would meet the same fault:
// what the endpoint, the account or our requests brought about, and throttling.
func concernsMany(fault *ewsaffinity.Fault) bool {
	row := ewsaffinity.Recover(fault.Op, fault.Code)
	return throttles(fault) || row.Scope&(ewsaffinity.ScopeMailbox|ewsaffinity.ScopeGroup) == 0
}

// throttles reports whether the server asked for less.
func throttles(fault *ewsaffinity.Fault) bool {
	return ewsaffinity.Recover(fault.Op, fault.Code).Next(ewsaffinity.Seen{Times: 1}).Do == ewsaffinity.HonourHint
}

// asFault names the mailbox of a fault; an error of another kind is an unknown one.
func asFault(err error, a messages.Address) *ewsaffinity.Fault {
	if err == nil {
		return nil
	}
	var fault *ewsaffinity.Fault
	if !errors.As(err, &fault) {
		fault = &ewsaffinity.Fault{Op: ewsaffinity.OpSubscribe, Code: "unknown", Text: err.Error(), Err: err}
	}
	named := *fault
	named.Mailbox = a
	return &named
}
