package jetbus

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// openedAtOnce is how many epochs are on their way at the same time.
const openedAtOnce = 64

// Epoch returns the newest epoch of a mailbox; zero: none has opened.
func (b *Bus) Epoch(ctx context.Context, mailbox messages.Address) (messages.Epoch, error) {
	stored, err := b.newest(ctx, streamEvent, b.subjects.Streaming(mailbox))
	if err != nil || stored == nil {
		return 0, err
	}
	return messages.Epoch(stored.Sequence), nil
}

// End returns the sequence of the newest message that the stream of events ever
// held.
func (b *Bus) End(ctx context.Context) (uint64, error) {
	var last uint64
	err := b.persist(ctx, "look at the stream of events", func(ctx context.Context) error {
		stream, err := b.js.Stream(ctx, b.cfg.streamName(streamEvent))
		if err == nil {
			last = stream.CachedInfo().State.LastSeq
		}
		return err
	})
	return last, err
}

// OpenEpochs stores the openings of epochs of different mailboxes and returns
// their numbers. An opening is a decision: it is stored only if the newest epoch
// of its mailbox is the former one that it names, so that a process that was taken
// for dead opens none beside its successor's. An [outcome.EpochError] tells of one
// that was refused; the others may be stored. It is repeated until the answers are
// known or ctx ends.
func (b *Bus) OpenEpochs(ctx context.Context, openings []messages.MailboxStreaming) ([]messages.Epoch, error) {
	ctx, cancel := context.WithCancel(ctx) // a context keeps room for as many as ever wait on it: the caller's waits on this one
	defer cancel()
	epochs, errs := make([]messages.Epoch, len(openings)), make([]error, len(openings))
	free := make(chan struct{}, openedAtOnce)
	var opening sync.WaitGroup
	for i, o := range openings {
		free <- struct{}{}
		opening.Go(func() {
			epochs[i], errs[i] = b.openEpoch(ctx, o)
			<-free
		})
	}
	opening.Wait()
	return epochs, errors.Join(errs...)
}

func (b *Bus) openEpoch(ctx context.Context, o messages.MailboxStreaming) (messages.Epoch, error) {
	encoded, err := messages.EncodeEvent(b.subjects, o)
	if err != nil {
		return 0, err
	}
	m := toNATS(encoded)
	expectSequence(m, uint64(o.FormerEpoch))
	epoch, err := b.compareAndSet(ctx, "open an epoch of "+o.Mailbox.Redacted(), streamEvent, m,
		func(_ context.Context, newest *jetstream.RawStreamMsg) (uint64, error) {
			return openedEpoch(m, o, newest)
		})
	return messages.Epoch(epoch), err
}

// openedEpoch tells one's own opening from another's after a refusal. Where the
// stream does not hold the former one any more, the next try expects none.
func openedEpoch(m *nats.Msg, o messages.MailboxStreaming, newest *jetstream.RawStreamMsg) (uint64, error) {
	expected := m.Header.Get(jetstream.ExpectedLastSubjSeqHeader)
	switch {
	case newest == nil:
		expectSequence(m, 0)
		return 0, errUnderWay
	case newest.Header.Get(messages.HeaderMsgID) == m.Header.Get(messages.HeaderMsgID):
		return newest.Sequence, nil
	case strconv.FormatUint(newest.Sequence, 10) == expected:
		return 0, errUnderWay
	}
	return 0, permanent(&outcome.EpochError{Mailbox: o.Mailbox, Former: o.FormerEpoch, Newest: messages.Epoch(newest.Sequence)})
}
