package discoverer

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const source = "file:mailboxes.txt"

// world is everything around a stage, in memory.
type world struct {
	t     *testing.T
	cfg   Config
	log   lockedBuffer
	lists chan maillist.Snapshot

	mu       sync.Mutex
	facts    []messages.Fact
	news     chan struct{} // closed and replaced when there are new facts
	requests []request
	running  int
	busiest  int // most requests at a time
	ids      int

	takes    time.Duration // of a request
	lag      time.Duration // of the feed
	discover func(batch []messages.Address) ([]Answer, error)
	foreign  map[messages.Partition]bool // not owned
	yielding []messages.Partition
	released []messages.Partition
	changes  chan struct{}
	random   float64
}

type request struct {
	at    time.Duration // since the bubble began
	batch []messages.Address
}

// inWorld runs a test in a bubble. The stage is started by the test.
func inWorld(t *testing.T, test func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			t: t, lists: make(chan maillist.Snapshot), news: make(chan struct{}), changes: make(chan struct{}),
			foreign: map[messages.Partition]bool{}, takes: 100 * time.Millisecond, random: 0.5,
		}
		w.answerWith(answerAll)
		w.cfg.Logger = slog.New(slog.NewTextHandler(&w.log, nil))
		test(w)
	})
}

// begin is when time begins in a bubble.
var begin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// start runs a stage over the world and returns how to end it.
func (w *world) start() (stop func() error) {
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	stage := New(w.cfg, Ports{Feed: w, Recorder: w, Autodiscover: w, Ownership: w, Lists: w.lists, NewID: w.newID, Random: func() float64 { return w.random }})
	go func() { ended <- stage.Run(ctx) }()
	synctest.Wait()
	return func() error {
		cancel()
		return <-ended
	}
}

// run starts a stage that is ended with the test.
func (w *world) run() {
	stop := w.start()
	w.t.Cleanup(func() {
		if err := stop(); err != context.Canceled {
			w.t.Errorf("Run: have %v, want %v", err, context.Canceled)
		}
	})
}

// runOther starts a further stage over the same facts and the same Autodiscover. It
// has an ownership and lists of its own.
func (w *world) runOther() *world {
	other := &world{lists: make(chan maillist.Snapshot), changes: make(chan struct{}), foreign: map[messages.Partition]bool{}}
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	stage := New(w.cfg, Ports{Feed: w, Recorder: w, Autodiscover: w, Ownership: other, Lists: other.lists, NewID: w.newID, Random: func() float64 { return w.random }})
	go func() { ended <- stage.Run(ctx) }()
	w.t.Cleanup(func() { cancel(); <-ended })
	synctest.Wait()
	return other
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("id-%d", w.ids)
}

// Record stores facts as a bus does.
func (w *world) Record(ctx context.Context, facts ...messages.Fact) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.facts = append(w.facts, facts...)
	close(w.news)
	w.news = make(chan struct{})
	return nil
}

// Mailboxes delivers what is stored, the mark, and what comes.
func (w *world) Mailboxes(ctx context.Context) (<-chan messages.Recorded, error) {
	feed := make(chan messages.Recorded)
	stored := w.stored()
	go func() {
		defer close(feed)
		for i, marked := 0, false; ; {
			next := messages.Recorded{}
			if marked || i < stored {
				fact, ok := w.factAt(ctx, i)
				if !ok {
					return
				}
				i++
				next = messages.Recorded{Fact: fact, Sequence: uint64(i)}
			} else {
				marked = true
			}
			if marked {
				time.Sleep(w.lag)
			}
			select {
			case feed <- next:
			case <-ctx.Done():
				return
			}
		}
	}()
	return feed, nil
}

func (w *world) factAt(ctx context.Context, i int) (messages.Fact, bool) {
	for {
		w.mu.Lock()
		news := w.news
		if i < len(w.facts) {
			defer w.mu.Unlock()
			return w.facts[i], true
		}
		w.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return nil, false
		}
	}
}

// Discover is Autodiscover.
func (w *world) Discover(ctx context.Context, batch []messages.Address) ([]Answer, error) {
	w.mu.Lock()
	w.requests = append(w.requests, request{time.Since(begin), batch})
	w.running++
	w.busiest = max(w.busiest, w.running)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.running--
		w.mu.Unlock()
	}()
	select {
	case <-time.After(w.takes):
		return w.answer()(batch)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// answerWith makes Autodiscover answer so from now on.
func (w *world) answerWith(discover func(batch []messages.Address) ([]Answer, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.discover = discover
}

func (w *world) answer() func(batch []messages.Address) ([]Answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.discover
}

func (w *world) Owns(p messages.Partition) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.foreign[p]
}

func (w *world) Changes() <-chan struct{} { return w.changes }

func (w *world) Yielding() []messages.Partition {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.yielding)
}

func (w *world) Release(p messages.Partition) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.yielding = slices.DeleteFunc(w.yielding, func(y messages.Partition) bool { return y == p })
	w.released = append(w.released, p)
}

// own gives mailboxes, with all of their partitions, to this process, or has it
// yield them.
func (w *world) own(owns bool, mailboxes ...messages.Address) {
	w.mu.Lock()
	for _, mailbox := range mailboxes {
		w.foreign[mailbox.Partition()] = !owns
		if !owns {
			w.yielding = append(w.yielding, mailbox.Partition())
		}
	}
	w.mu.Unlock()
	w.changes <- struct{}{}
	synctest.Wait()
}

// list sends a list and waits until it has been taken in.
func (w *world) list(mailboxes ...messages.Address) {
	w.lists <- maillist.Snapshot{Source: source, Mailboxes: mailboxes}
	synctest.Wait()
}

// tell stores facts of others.
func (w *world) tell(facts ...messages.Fact) {
	w.t.Helper()
	if err := w.Record(w.t.Context(), facts...); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

func (w *world) meta(id string) messages.Meta { return messages.Meta{ID: id, Time: time.Now()} }

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// taken returns the requests since the last call.
func (w *world) taken() []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.requests
	w.requests = nil
	return taken
}

// asked returns the mailboxes of the requests since the last call, in order.
func (w *world) asked() []messages.Address {
	var asked []messages.Address
	for _, r := range w.taken() {
		asked = append(asked, r.batch...)
	}
	slices.Sort(asked)
	return asked
}

// stored is the number of facts.
func (w *world) stored() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.facts)
}

// recorded returns the facts of a type.
func recorded[F messages.Fact](w *world) []F {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []F
	for _, fact := range w.facts {
		if fact, ok := fact.(F); ok {
			found = append(found, fact)
		}
	}
	return found
}

// logged reports how many lines of the log hold all the words.
func (w *world) logged(words ...string) int {
	count := 0
lines:
	for line := range strings.Lines(w.log.String()) {
		for _, word := range words {
			if !strings.Contains(line, word) {
				continue lines
			}
		}
		count++
	}
	return count
}

// lockedBuffer is a buffer that the stage writes and the test reads.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func answerAll(batch []messages.Address) ([]Answer, error) {
	answers := make([]Answer, len(batch))
	for i, mailbox := range batch {
		answers[i] = place(mailbox)
	}
	return answers, nil
}

func place(mailbox messages.Address) Answer {
	return Answer{Mailbox: mailbox, URL: "https://mail.contoso.com/EWS/Exchange.asmx", Grouping: "site-1"}
}

func failWith(code ewsaffinity.Code) func([]messages.Address) ([]Answer, error) {
	return func([]messages.Address) ([]Answer, error) { return nil, faultOf(code) }
}

func faultOf(code ewsaffinity.Code) *ewsaffinity.Fault {
	return &ewsaffinity.Fault{Op: ewsaffinity.OpDiscover, Code: code, Text: "in the server's words"}
}

// users are n addresses of a domain.
func users(n int, domain string) []messages.Address {
	addresses := make([]messages.Address, n)
	for i := range addresses {
		addresses[i] = messages.Address(fmt.Sprintf("user%04d@%s", i, domain))
	}
	return addresses
}
