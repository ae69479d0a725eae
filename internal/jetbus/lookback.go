package jetbus

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
)

// look asks the server how far the stream is. Its error is an
// [outcome.RegressedError] when the stream has gone backwards since reading began.
func (f *follower) look(ctx context.Context) error {
	f.connects = f.bus.nc.Stats().Reconnects
	info, err := f.info(ctx)
	if err != nil {
		return err
	}
	if f.created.IsZero() {
		f.created, f.began = info.Created, info.State.LastSeq
		return nil
	}
	if f.backwards(info) == nil {
		return nil
	}
	// A server that has just begun to lead may not have told all it has: look twice.
	if err := pause(ctx, secondLook); err != nil {
		return err
	}
	if info, err = f.info(ctx); err != nil {
		return err
	}
	if regressed := f.backwards(info); regressed != nil {
		return regressed
	}
	return nil
}

func (f *follower) info(ctx context.Context) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	stream, err := f.bus.js.Stream(ctx, f.stream)
	if err != nil {
		return nil, err
	}
	return stream.CachedInfo(), nil
}

// backwards is how the stream has gone backwards, or nil.
func (f *follower) backwards(info *jetstream.StreamInfo) *outcome.RegressedError {
	known, remade := max(f.last, f.began), !info.Created.Equal(f.created)
	if !remade && info.State.LastSeq >= known {
		return nil
	}
	return &outcome.RegressedError{Stream: f.stream, Delivered: known, Last: info.State.LastSeq, Remade: remade}
}

// endFeed keeps why a feed ended, and says it.
func (b *Bus) endFeed(err *outcome.RegressedError) {
	b.mu.Lock()
	b.feedError = err
	b.mu.Unlock()
	b.cfg.Logger.Error("a stream has gone backwards, its feed ends", "error", err,
		"hint", "what was folded of it is void: the stage ends, and must be started again")
}

// FeedError is why a feed ended by itself, an [outcome.RegressedError]; nil when
// none did.
func (b *Bus) FeedError() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.feedError == nil {
		return nil // not an error that holds no pointer
	}
	return b.feedError
}
