package jetbus

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Bus is a process's way to the streams. Its methods may be called from many
// goroutines.
type Bus struct {
	cfg      Config
	subjects messages.Subjects
	nc       *nats.Conn
	js       jetstream.JetStream
	work     message.Publisher // Watermill's, with a connection of its own
	queue    queueLimits

	quietLookAgain time.Duration // see defaultQuietLookAgain

	life      context.Context // ends with Close
	end       context.CancelFunc
	running   sync.WaitGroup // goroutines that Close waits for
	facts     *Lane          // what Record publishes through
	skipped   atomic.Uint64  // messages that folds could not read
	noLetters atomic.Bool    // the dead letters did not take the last one of a fold

	mu        sync.Mutex
	closed    bool
	handles   map[string]jetstream.Stream
	feedError *outcome.RegressedError // why the last feed ended that did by itself
}

// Connect connects to NATS. It keeps trying, with growing waits and a line in the
// log for each failure, until ctx ends or the login is refused
// ([outcome.CredentialsError]). It makes no streams: see [Bus.EnsureStreams].
func Connect(ctx context.Context, cfg Config) (*Bus, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	nc, err := dial(ctx, cfg)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect to JetStream: %w", err)
	}
	work, err := newWorkPublisher(ctx, cfg)
	if err != nil {
		nc.Close()
		return nil, err
	}
	b := &Bus{
		cfg:      cfg,
		subjects: cfg.subjects(),
		nc:       nc,
		js:       js,
		work:     work,
		queue:    defaultQueueLimits,
		handles:  make(map[string]jetstream.Stream),

		quietLookAgain: defaultQuietLookAgain,
	}
	b.life, b.end = context.WithCancel(context.Background())
	b.facts = b.NewLane()
	return b, nil
}

// Close ends everything that runs on the bus and closes its connections. Feeds
// end, lanes give up what is not stored: close those that must be flushed first.
func (b *Bus) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.end()
	b.running.Wait()
	b.work.Close()
	b.nc.Close()
}

// start runs f in a goroutine that Close waits for.
func (b *Bus) start(f func()) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return outcome.ErrClosed
	}
	b.running.Go(f)
	return nil
}

// Trouble names what is wrong with the connection; empty when nothing is.
func (b *Bus) Trouble() string {
	if !b.nc.IsConnected() {
		return troubleDisconnected
	}
	return ""
}
