package jetbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
)

const (
	requestTimeout   = 2 * time.Second
	firstRequestWait = 100 * time.Millisecond
	lastRequestWait  = 2 * time.Second
)

// permanentError marks an error that trying again cannot mend.
type permanentError struct{ error }

func permanent(err error) error { return permanentError{err} }

func (e permanentError) Unwrap() error { return e.error }

// final marks err permanent if the server's answer says that the request itself is wrong.
func final(err, answer error) error {
	var api *jetstream.APIError
	if errors.As(answer, &api) && api.Code == 400 {
		return permanent(err)
	}
	return err
}

// persist tries op until it succeeds, fails for good, or ctx or the bus ends. Each
// try has a time-out of its own. The log gets a line when the cause changes.
func (b *Bus) persist(ctx context.Context, what string, op func(context.Context) error) error {
	said := ""
	for attempt := 0; ; attempt++ {
		err := b.try(ctx, op)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if b.life.Err() != nil {
			return outcome.ErrClosed
		}
		if kind := (permanentError{}); errors.As(err, &kind) {
			return kind.error
		}
		if trouble := troubleOf(err); trouble != said && !errors.Is(err, errUnderWay) {
			b.cfg.Logger.Warn("cannot "+what+", trying again", "trouble", trouble, "error", err)
			said = trouble
		}
		if err := pause(ctx, backOff(attempt, firstRequestWait, lastRequestWait)); err != nil {
			return err
		}
	}
}

func (b *Bus) try(ctx context.Context, op func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	defer context.AfterFunc(b.life, cancel)()
	return op(ctx)
}

// stream returns a handle on a stream; the first call asks the server.
func (b *Bus) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	name = b.cfg.streamName(name)
	b.mu.Lock()
	handle, ok := b.handles[name]
	b.mu.Unlock()
	if ok {
		return handle, nil
	}
	handle, err := b.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("look up stream %s: %w", name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handles[name] = handle
	return handle, nil
}

// newest returns the last message stored on a subject, which may hold wildcards;
// nil when there is none.
func (b *Bus) newest(ctx context.Context, stream, subject string) (*jetstream.RawStreamMsg, error) {
	var found *jetstream.RawStreamMsg
	err := b.persist(ctx, "read "+subject, func(ctx context.Context) error {
		handle, err := b.stream(ctx, stream)
		if err != nil {
			return err
		}
		found, err = handle.GetLastMsgForSubject(ctx, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		return err
	})
	return found, err
}

// put stores one message and returns its sequence.
func (b *Bus) put(ctx context.Context, what string, m *nats.Msg) (uint64, error) {
	var sequence uint64
	err := b.persist(ctx, what, func(ctx context.Context) error {
		ack, err := b.js.PublishMsg(ctx, m)
		if err != nil {
			if unstorable(err) {
				return permanent(err)
			}
			return err
		}
		sequence = ack.Sequence
		return nil
	})
	return sequence, err
}
