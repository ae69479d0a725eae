package exchange

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/pace"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Config says how Exchange is asked.
type Config struct {
	URL             messages.Endpoint // fixed endpoint of every mailbox; empty: Autodiscover
	AutodiscoverURL string            // Autodiscover endpoint; empty: found from the domain
	Allow           []string          // hosts beyond the domain's that Autodiscover may send the credentials to
	Plain           http.RoundTripper // carries Autodiscover's requests without credentials; nil: one of ewssoap's
	Resolver        autodiscover.Resolver
	Observe         func(autodiscover.Step) // told of Autodiscover's steps; nil: nobody
	Impersonation   bool                    // act as the mailbox (ApplicationImpersonation); else as a delegate
	Folders         []messages.FolderName
	FolderIDs       []string // besides Folders; both empty: all folders
	Events          []ewssoap.EventType
	Concurrency     int           // calls at a time to one endpoint, of all members together; 0: 10
	TimeoutMin      int           // ConnectionTimeout in minutes, at least; 0: 25
	TimeoutMax      int           // and at most; 0: 29
	Silence         time.Duration // of a stream, before it is cut; 0: 110 s
	Account         *Credentials  // whose secret refused logins lock: a 401 refuses the login; nil: a token or a ticket, which may only have expired
	Random          func() float64
	// Refused is told that a request with a token was answered with 401, and when it was begun; it reports whether to
	// send it once more. nil: never.
	Refused func(begun time.Time) (again bool)
}

// Adapter implements the stages' Exchange ports.
type Adapter struct {
	cfg    Config
	client *ewssoap.Client
	login  *login // nil: not guarded

	walker *autodiscover.Client

	mu      sync.Mutex
	members int                               // processes that share the bounds
	slots   map[messages.Endpoint]*pace.Slots // calls under way, by endpoint, of Autodiscover by host

	replaced *replacedCookies // of streams; by a pointer, whose cookies no one prints
}

// New builds the adapter over a client.
func New(cfg Config, client *ewssoap.Client) *Adapter {
	if cfg.Concurrency == 0 {
		cfg.Concurrency = 10
	}
	if cfg.TimeoutMin == 0 {
		cfg.TimeoutMin = 25
	}
	if cfg.TimeoutMax == 0 {
		cfg.TimeoutMax = 29
	}
	if len(cfg.Events) == 0 {
		cfg.Events = []ewssoap.EventType{ewssoap.CopiedEvent, ewssoap.CreatedEvent, ewssoap.DeletedEvent,
			ewssoap.ModifiedEvent, ewssoap.MovedEvent, ewssoap.NewMailEvent, ewssoap.FreeBusyChangedEvent}
	}
	a := &Adapter{cfg: cfg, client: client, members: 1, slots: map[messages.Endpoint]*pace.Slots{}, replaced: &replacedCookies{}}
	a.walker = a.newWalker()
	if cfg.Account != nil {
		a.login = newLogin(*cfg.Account)
	}
	return a
}

// call makes one call: within the bounds of the endpoint, and not with a login
// that was refused. Its error is a fault, or the context's.
func (a *Adapter) call(ctx context.Context, url messages.Endpoint, op ewsaffinity.Operation, mailbox messages.Address, do func() error) error {
	release, err := a.acquire(ctx, url)
	if err != nil {
		return err
	}
	defer release()
	err = a.fault(op, mailbox, a.loggedIn(ctx, do))
	a.heed(url, err)
	return err
}

// heed asks an endpoint that throttles for less at a time.
func (a *Adapter) heed(url messages.Endpoint, err error) {
	var f *ewsaffinity.Fault
	if errors.As(err, &f) && ewsaffinity.Recover(f.Op, f.Code).Next(ewsaffinity.Seen{Times: 1}).Do == ewsaffinity.HonourHint {
		a.slotsOf(url).Throttled(time.Now())
	}
}

// SetMembers says how many processes that ask the same endpoints live, this one
// included: the bounds are divided by it. Each may always make one call.
func (a *Adapter) SetMembers(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.members = n
	for _, slots := range a.slots {
		slots.SetMembers(n)
	}
}

// loggedIn sends a request unless the login was refused. Only passwords lock an
// account; a token that expired is replaced by the next.
func (a *Adapter) loggedIn(ctx context.Context, do func() error) error {
	if a.login == nil {
		return a.withToken(do)
	}
	leave, err := a.login.enter(ctx)
	if err != nil {
		return err
	}
	err = do()
	leave(err)
	return err
}

// withToken sends a request, and once more when its token was refused and there is a
// better one.
func (a *Adapter) withToken(do func() error) error {
	begun := time.Now()
	err := do()
	if a.cfg.Refused == nil || verdict(err) != loginRefused || !a.cfg.Refused(begun) {
		return err
	}
	return do()
}

// Trouble says why nothing is asked of Exchange: that the login was refused, and when
// it is tried again, or that it cannot be counted. Empty: the login is not why.
func (a *Adapter) Trouble() string {
	if a.login == nil {
		return ""
	}
	return a.login.trouble()
}

// acquire waits for a place among the calls to an endpoint.
func (a *Adapter) acquire(ctx context.Context, url messages.Endpoint) (release func(), err error) {
	return a.slotsOf(url).Acquire(ctx)
}

func (a *Adapter) slotsOf(url messages.Endpoint) *pace.Slots {
	a.mu.Lock()
	defer a.mu.Unlock()
	slots, ok := a.slots[url]
	if !ok {
		slots = pace.NewSlots(a.cfg.Concurrency, a.members)
		a.slots[url] = slots
	}
	return slots
}

// groupCall is a call of a group, charged to the mailbox that is impersonated. The
// trace knows it by both.
func (a *Adapter) groupCall(place messages.Place, as messages.Address) ewssoap.Call {
	call := ewssoap.Call{
		URL: string(place.URL),
		Affinity: ewssoap.Affinity{
			Anchor: string(place.Anchor), Prefer: true,
			Cookie: ewssoap.Cookie(place.Cookie.Value()), ExchangeCookie: ewssoap.Cookie(place.ExchangeCookie.Value()),
		},
		Label: strings.TrimSpace(string(place.Group) + " " + string(as)),
	}
	if a.cfg.Impersonation {
		call.Impersonate = string(as)
	}
	return call
}

// mailboxCall is a call about one mailbox's folders or items: routed by the
// mailbox itself, without any group's cookie.
func (a *Adapter) mailboxCall(url messages.Endpoint, mailbox messages.Address) ewssoap.Call {
	call := ewssoap.Call{URL: string(url), Affinity: ewssoap.Affinity{Anchor: string(mailbox)}, Label: string(mailbox)}
	if a.cfg.Impersonation {
		call.Impersonate = string(mailbox)
	}
	return call
}

// folder names a well-known folder; a delegate has to say whose.
func (a *Adapter) folder(name messages.FolderName, mailbox messages.Address) ewssoap.FolderID {
	id := ewssoap.FolderID{Distinguished: string(name)}
	if !a.cfg.Impersonation {
		id.Mailbox = string(mailbox)
	}
	return id
}
