package subscriber

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// skew is how far Exchange's clock is ahead of ours.
const skew = 7 * time.Minute

// What is asked of Exchange.
const (
	opFolders     = "folders"
	opSubscribe   = "subscribe"
	opUnsubscribe = "unsubscribe"
)

// call is one request.
type call struct {
	op       string
	mailbox  messages.Address
	url      messages.Endpoint
	place    messages.Place
	id       messages.SubscriptionID // that was made or ended
	from, to time.Time
	fault    *ewsaffinity.Fault
}

// fakeExchange answers as a test tells it. The n-th subscription of a is a-n;
// the n-th generation's cookie is cookie-n.
type fakeExchange struct {
	mu     sync.Mutex
	takes  time.Duration // a request
	refuse func(op string, mailbox messages.Address) *ewsaffinity.Fault
	bare   bool // no cookies are set
	old    bool // it is Exchange 2010: the n-th answer to Subscribe sets the exchangecookie old-n, and nothing else

	calls   []call
	made    map[messages.Address]int
	cookies int

	answered int // Subscribes of an old Exchange
	running  int
	busiest  int            // most requests at a time
	begun    map[string]int // requests of a kind, also those that were given up
}

func (x *fakeExchange) Folders(ctx context.Context, url messages.Endpoint, mailbox messages.Address) (map[messages.FolderName]string, error) {
	_, err := x.answer(ctx, call{op: opFolders, mailbox: mailbox, url: url}, nil)
	return map[messages.FolderName]string{"inbox": "inbox of " + string(mailbox)}, err
}

func (x *fakeExchange) Subscribe(ctx context.Context, place messages.Place, mailbox messages.Address) (Subscribed, error) {
	var cookie, old messages.Cookie
	c, err := x.answer(ctx, call{op: opSubscribe, mailbox: mailbox, url: place.URL, place: place}, func(c *call) {
		x.made[mailbox]++
		c.id = messages.SubscriptionID(fmt.Sprintf("%s-%d", name(mailbox), x.made[mailbox]))
		if x.old {
			x.answered++
			old = messages.Cookie(fmt.Sprint("old-", x.answered))
		} else if place.Cookie == "" && !x.bare {
			x.cookies++
			cookie = messages.Cookie(fmt.Sprint("cookie-", x.cookies))
		}
	})
	return Subscribed{ID: c.id, Since: c.to.Add(skew), Cookie: cookie, ExchangeCookie: old}, err
}

func (x *fakeExchange) Unsubscribe(ctx context.Context, place messages.Place, mailbox messages.Address, id messages.SubscriptionID) error {
	_, err := x.answer(ctx, call{op: opUnsubscribe, mailbox: mailbox, url: place.URL, place: place, id: id}, nil)
	return err
}

// answer lets a request take its time and notes it.
func (x *fakeExchange) answer(ctx context.Context, c call, grant func(*call)) (call, error) {
	c.from = time.Now()
	x.mu.Lock()
	x.running++
	x.begun[c.op]++
	x.busiest = max(x.busiest, x.running)
	takes := x.takes
	x.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.running--
	if ctx.Err() != nil {
		return c, ctx.Err()
	}
	c.to = time.Now()
	if x.refuse != nil {
		c.fault = x.refuse(c.op, c.mailbox)
	}
	if c.fault == nil && grant != nil {
		grant(&c)
	}
	x.calls = append(x.calls, c)
	if c.fault != nil {
		return c, c.fault
	}
	return c, nil
}

// refusing says what Exchange refuses from now on; nil: nothing.
func (x *fakeExchange) refusing(refuse func(op string, mailbox messages.Address) *ewsaffinity.Fault) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refuse = refuse
}

// asked are the requests that were answered, of one kind; "": of all.
func (x *fakeExchange) asked(op string) []call {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(x.calls), func(c call) bool { return op != "" && c.op != op })
}

// tried counts the requests of one kind, also those that were given up.
func (x *fakeExchange) tried(op string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.begun[op]
}

// forget drops what was asked so far.
func (x *fakeExchange) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls, x.busiest = nil, 0
}

// refused is a fault of Subscribe.
func refused(code ewsaffinity.Code) *ewsaffinity.Fault {
	return &ewsaffinity.Fault{Op: ewsaffinity.OpSubscribe, Code: code, Text: "in the server's words"}
}

// only refuses one kind of request of some mailboxes.
func only(op string, fault *ewsaffinity.Fault, names ...string) func(string, messages.Address) *ewsaffinity.Fault {
	return func(asked string, mailbox messages.Address) *ewsaffinity.Fault {
		if asked == op && slices.Contains(names, name(mailbox)) {
			return fault
		}
		return nil
	}
}
