package jetbus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
)

// When nothing comes for so long the server is asked, while catching up whether
// anything is left, and afterwards whether the stream has gone backwards.
const (
	quietWhileCatchingUp  = 2 * time.Second
	defaultQuietLookAgain = 30 * time.Second
)

// secondLook is how long after the first a stream is looked at again that seems to
// have gone backwards.
const secondLook = time.Second

// feedHeartbeat is how often the server tells that nothing came. Two that are missing
// make a new consumer: in a cluster the first request to one may reach no server,
// and nats.go would notice after half a minute.
const feedHeartbeat = 750 * time.Millisecond

// follower reads a stream in order by ordered consumers, one after another: a new
// one goes on after the last message delivered. One goroutine owns it.
type follower struct {
	bus    *Bus
	stream string
	start  jetstream.OrderedConsumerConfig
	// deliver and caughtUp report whether to go on.
	deliver  func(jetstream.Msg, *jetstream.MsgMetadata) bool
	caughtUp func() bool

	last     uint64    // sequence of the last message delivered
	target   uint64    // that of the newest to deliver when the leader was asked last
	created  time.Time // when the stream was made; zero before reading began
	began    uint64    // last sequence of the stream when reading began
	connects uint64    // of the bus, when the stream was looked at last
	handle   jetstream.Stream
	told     bool // caughtUp was called
	finished bool // deliver or caughtUp said so
}

// run reads until ctx ends, the receiver has enough, or the stream has gone
// backwards: who folded it must begin anew.
func (f *follower) run(ctx context.Context) {
	said := ""
	for attempt := 0; ctx.Err() == nil && !f.finished; attempt++ {
		before := f.last
		err := f.read(ctx)
		if ctx.Err() != nil || f.finished {
			return
		}
		if regressed := (*outcome.RegressedError)(nil); errors.As(err, &regressed) {
			f.bus.endFeed(regressed)
			return
		}
		if f.last != before {
			attempt, said = 0, ""
		}
		if trouble := troubleOf(err); trouble != said {
			f.bus.cfg.Logger.Warn("reading a stream was interrupted, trying again",
				"stream", f.stream, "after", f.last, "error", err)
			said = trouble
		}
		if pause(ctx, backOff(attempt, firstRequestWait, lastRequestWait)) != nil {
			return
		}
	}
}

// read delivers through one ordered consumer until that fails.
func (f *follower) read(ctx context.Context) error {
	consumer, err := f.open(ctx)
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullHeartbeat(feedHeartbeat))
	if err != nil {
		return err
	}
	defer messages.Stop()
	f.tellWhenCaughtUp()
	for !f.finished {
		m, err := f.next(ctx, messages)
		switch {
		case err == nil:
			err = f.receive(ctx, m)
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) && f.told:
			err = f.look(ctx)
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			err = f.ask(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// open makes a consumer that begins after the last message delivered.
func (f *follower) open(ctx context.Context) (jetstream.Consumer, error) {
	if err := f.look(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if f.handle == nil {
		stream, err := f.bus.js.Stream(ctx, f.stream)
		if err != nil {
			return nil, err
		}
		f.handle = stream
	}
	if err := f.aim(ctx); err != nil {
		return nil, err
	}
	cfg := f.start
	cfg.MaxResetAttempts = 1 // trying again is run's, which heeds its context
	if f.last > 0 {
		cfg.DeliverPolicy, cfg.OptStartSeq, cfg.OptStartTime = jetstream.DeliverByStartSequencePolicy, f.last+1, nil
	}
	return f.bus.js.OrderedConsumer(ctx, f.stream, cfg)
}

func (f *follower) next(ctx context.Context, messages jetstream.MessagesContext) (jetstream.Msg, error) {
	quiet := quietWhileCatchingUp
	if f.told {
		quiet = f.bus.quietLookAgain
	}
	ctx, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	return messages.Next(jetstream.NextContext(ctx))
}

// receive looks before it takes what comes after the connection was lost: the
// server may have been restored meanwhile.
func (f *follower) receive(ctx context.Context, m jetstream.Msg) error {
	if f.bus.nc.Stats().Reconnects != f.connects {
		if err := f.look(ctx); err != nil {
			return err
		}
	}
	return f.take(m)
}

func (f *follower) take(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	if meta.Sequence.Stream <= f.last {
		return nil
	}
	if f.finished = !f.deliver(m, meta); f.finished {
		return nil
	}
	f.last = meta.Sequence.Stream
	f.tellWhenCaughtUp()
	return nil
}

// aim asks the stream's leader for the newest message to deliver. The consumer does
// not know: it may run on a replica that lags behind.
func (f *follower) aim(ctx context.Context) error {
	f.target = 0
	if f.told || f.start.DeliverPolicy == jetstream.DeliverNewPolicy {
		return nil
	}
	filters := f.start.FilterSubjects
	if len(filters) == 0 {
		filters = []string{">"}
	}
	for _, filter := range filters {
		newest, err := f.handle.GetLastMsgForSubject(ctx, filter)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if begin := f.start.OptStartTime; begin == nil || !newest.Time.Before(*begin) {
			f.target = max(f.target, newest.Sequence)
		}
	}
	if f.target < f.start.OptStartSeq {
		f.target = 0
	}
	return nil
}

// ask looks whether anything is left: the newest message may have expired.
func (f *follower) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := f.aim(ctx); err != nil {
		return err
	}
	f.tellWhenCaughtUp()
	return nil
}

func (f *follower) tellWhenCaughtUp() {
	if !f.told && f.last >= f.target {
		f.told = true
		f.finished = !f.caughtUp()
	}
}
