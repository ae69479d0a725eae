package jetbus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Last returns the newest stored event of a mailbox, and whether there is one. An
// event of a type this version does not know is an error
// ([messages.UnknownTypeError]): a newer version streamed the mailbox.
func (b *Bus) Last(ctx context.Context, mailbox messages.Address) (messages.Event, bool, error) {
	stored, err := b.newest(ctx, streamEvent, b.subjects.EventsOf(mailbox))
	if err != nil || stored == nil {
		return nil, false, err
	}
	event, err := messages.DecodeEvent(fromStored(stored), stored.Sequence)
	return event, err == nil, err
}

// From says where reading of the event stream begins. The zero value is its beginning.
type From struct {
	Sequence uint64    // at this stream sequence
	Time     time.Time // at the first event stored at this time or later
	New      bool      // after what is stored already
}

// StoredEvent is an event as the stream holds it. One without Event says that
// everything stored when reading began has been delivered.
type StoredEvent struct {
	Event    messages.Event
	Message  messages.Message // as it was stored
	Sequence uint64           // of the stream
	Stored   time.Time        // by the server's clock
}

// FollowEvents delivers the stored events that one of filters selects (all events
// without any), in order, and goes on. Events of unknown types are left out. The
// channel is closed when ctx or the bus ends, or when the stream has gone backwards
// ([Bus.FeedError]).
func (b *Bus) FollowEvents(ctx context.Context, filters []messages.EventFilter, from From) (<-chan StoredEvent, error) {
	out := make(chan StoredEvent)
	send := func(ctx context.Context, e StoredEvent) bool {
		select {
		case out <- e:
			return true
		case <-ctx.Done():
			return false
		}
	}
	selection := b.selection(filters)
	err := b.start(func() {
		defer close(out)
		ctx, cancel := b.within(ctx)
		defer cancel()
		f := &follower{
			bus:    b,
			stream: b.cfg.streamName(streamEvent),
			start:  from.consumer(selection.subjects),
			deliver: func(m jetstream.Msg, meta *jetstream.MsgMetadata) bool {
				if !selection.matches(m.Subject()) {
					return true
				}
				stored := fromDelivered(m)
				event, err := messages.DecodeEvent(stored, meta.Sequence.Stream)
				if err != nil {
					b.cfg.Logger.Warn("an event cannot be read", "subject", m.Subject(), "sequence", meta.Sequence.Stream, "error", err)
					return true
				}
				return send(ctx, StoredEvent{Event: event, Message: stored, Sequence: meta.Sequence.Stream, Stored: meta.Timestamp})
			},
			caughtUp: func() bool { return send(ctx, StoredEvent{}) },
		}
		f.run(ctx)
	})
	return out, err
}

func (f From) consumer(subjects []string) jetstream.OrderedConsumerConfig {
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: subjects}
	switch {
	case f.New:
		cfg.DeliverPolicy = jetstream.DeliverNewPolicy
	case f.Sequence > 0:
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, f.Sequence
	case !f.Time.IsZero():
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &f.Time
	}
	return cfg
}
