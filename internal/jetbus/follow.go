package jetbus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// quietWhileCatchingUp is how long nothing may come before the server is asked
// whether anything is left.
const quietWhileCatchingUp = 2 * time.Second

// follower reads a stream in order by ordered consumers, one after another: a new
// one goes on after the last message delivered. One goroutine owns it.
type follower struct {
	bus    *Bus
	stream string
	start  jetstream.OrderedConsumerConfig
	// deliver and caughtUp report whether to go on.
	deliver  func(jetstream.Msg, *jetstream.MsgMetadata) bool
	caughtUp func() bool

	last     uint64 // sequence of the last message delivered
	target   uint64 // last sequence of the stream when reading began
	started  bool
	told     bool // caughtUp was called
	finished bool // deliver or caughtUp said so
}

// run reads until ctx ends or the receiver has enough.
func (f *follower) run(ctx context.Context) {
	said := ""
	for attempt := 0; ctx.Err() == nil && !f.finished; attempt++ {
		before := f.last
		err := f.read(ctx)
		if ctx.Err() != nil || f.finished {
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
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	if consumer.CachedInfo().NumPending == 0 {
		f.tell()
	}
	for !f.finished {
		m, err := f.next(ctx, messages)
		switch {
		case err == nil:
			err = f.take(m)
		case !f.told && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			err = f.ask(ctx, consumer)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// open makes a consumer that begins after the last message delivered.
func (f *follower) open(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if !f.started {
		stream, err := f.bus.js.Stream(ctx, f.stream)
		if err != nil {
			return nil, err
		}
		f.target, f.started = stream.CachedInfo().State.LastSeq, true
	}
	cfg := f.start
	cfg.MaxResetAttempts = 1 // trying again is run's, which heeds its context
	if f.last > 0 {
		cfg.DeliverPolicy, cfg.OptStartSeq, cfg.OptStartTime = jetstream.DeliverByStartSequencePolicy, f.last+1, nil
	}
	return f.bus.js.OrderedConsumer(ctx, f.stream, cfg)
}

func (f *follower) next(ctx context.Context, messages jetstream.MessagesContext) (jetstream.Msg, error) {
	if !f.told {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, quietWhileCatchingUp)
		defer cancel()
	}
	return messages.Next(jetstream.NextContext(ctx))
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
	if meta.NumPending == 0 || f.last >= f.target {
		f.tell()
	}
	return nil
}

// ask looks whether anything is left: the last message of the stream may have
// expired after the consumer counted it.
func (f *follower) ask(ctx context.Context, consumer jetstream.Consumer) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	info, err := consumer.Info(ctx)
	if err != nil {
		return err
	}
	if info.NumPending == 0 {
		f.tell()
	}
	return nil
}

func (f *follower) tell() {
	if !f.told {
		f.told = true
		f.finished = !f.caughtUp()
	}
}
