package e2e

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// quietExchange opens streams on which nothing happens, for many streamers. Of two
// streams with a common id the older one is told so and ends.
type quietExchange struct {
	mu      sync.Mutex
	streams map[messages.SubscriptionID]*quietStream // the newest
	openers map[messages.SubscriptionID]string       // whose it is
	opened  map[string]int                           // by member
}

func newQuietExchange() *quietExchange {
	return &quietExchange{streams: map[messages.SubscriptionID]*quietStream{},
		openers: map[messages.SubscriptionID]string{}, opened: map[string]int{}}
}

// quietBeat is the time between two signs of life.
const quietBeat = 20 * time.Second

// as is the way of one member to it.
func (x *quietExchange) as(member string) streamer.Exchange { return quietClient{x, member} }

type quietClient struct {
	x      *quietExchange
	member string
}

func (c quietClient) Open(ctx context.Context, _ messages.Place, ids []messages.SubscriptionID) (streamer.Stream, error) {
	s := &quietStream{opened: time.Now(), first: true, taken: make(chan struct{}), closed: make(chan struct{})}
	s.stop = context.AfterFunc(ctx, func() { s.over.Do(func() { close(s.closed) }) })
	c.x.mu.Lock()
	defer c.x.mu.Unlock()
	c.x.opened[c.member]++
	for _, id := range ids {
		if older := c.x.streams[id]; older != nil {
			older.take()
		}
		c.x.streams[id], c.x.openers[id] = s, c.member
	}
	return s, nil
}

// open counts the subscriptions whose newest stream is open, by who opened it.
func (x *quietExchange) open() map[string]int {
	x.mu.Lock()
	defer x.mu.Unlock()
	open := map[string]int{}
	for id, s := range x.streams {
		if !s.ended() {
			open[x.openers[id]]++
		}
	}
	return open
}

// quietStream is one of its streams.
type quietStream struct {
	opened time.Time
	stop   func() bool
	first  bool

	once, over    sync.Once
	taken, closed chan struct{}
}

var errQuietClosed = errors.New("the stream was closed")

func (s *quietStream) Opened() time.Time { return s.opened }

func (s *quietStream) Next() (streamer.Envelope, error) {
	beat := time.NewTimer(quietBeat)
	defer beat.Stop()
	if s.first {
		s.first = false
		return streamer.Envelope{}, nil
	}
	select {
	case <-s.closed:
		return streamer.Envelope{}, errQuietClosed
	case <-s.taken:
		fault := &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: "ErrorNewEventStreamConnectionOpened"}
		return streamer.Envelope{Faults: []*ewsaffinity.Fault{fault}, Closed: true}, nil
	case <-beat.C:
		return streamer.Envelope{}, nil
	}
}

func (s *quietStream) Close() error {
	s.stop()
	s.over.Do(func() { close(s.closed) })
	return nil
}

func (s *quietStream) take() { s.once.Do(func() { close(s.taken) }) }

func (s *quietStream) ended() bool {
	select {
	case <-s.closed:
		return true
	case <-s.taken:
		return true
	default:
		return false
	}
}

// total is the number of openings so far.
func (x *quietExchange) total() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	total := 0
	for _, n := range x.opened {
		total += n
	}
	return total
}
