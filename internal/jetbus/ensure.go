package jetbus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// smallestEventStream is the least that is taken where the server offers less than the default.
const smallestEventStream = 64 << 20

// EnsureStreams makes the six streams, or brings those that exist to what this
// program needs: their subjects and the features it relies on. Limits that an
// operator set (bytes, age, replicas, duplicate window) may be wider than asked
// for: they are raised, never lowered. It may be called by many processes at once.
func (b *Bus) EnsureStreams(ctx context.Context) error {
	for _, cfg := range b.cfg.streams() {
		if err := b.ensure(ctx, cfg); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) ensure(ctx context.Context, want jetstream.StreamConfig) error {
	return b.persist(ctx, "make stream "+want.Name, func(ctx context.Context) error {
		stream, err := b.js.Stream(ctx, want.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return b.create(ctx, want)
		}
		if err != nil {
			return err
		}
		have := stream.CachedInfo().Config
		merged, err := mergeStream(have, want)
		if err != nil || sameStream(have, merged) {
			return err
		}
		if _, err := b.js.UpdateStream(ctx, merged); err != nil {
			return final(fmt.Errorf("update stream %s: %w", want.Name, err), err)
		}
		b.cfg.Logger.Info("stream updated", "stream", want.Name)
		return nil
	})
}

// create makes a stream. An event stream whose size nobody configured takes half
// as much as often as the server says that it has not that much.
func (b *Bus) create(ctx context.Context, want jetstream.StreamConfig) error {
	for {
		_, err := b.js.CreateStream(ctx, want)
		switch {
		case err == nil:
			b.cfg.Logger.Info("stream made", "stream", want.Name, "maxBytes", want.MaxBytes, "replicas", want.Replicas)
			return nil
		case hasCode(err, codeStreamNameInUse):
			return err // another process made it just now: the next attempt reads it
		case hasCode(err, codeStorageExceeded) && b.mayShrink(want):
			want.MaxBytes /= 2
			continue
		case hasCode(err, codeStorageExceeded, codeMaxBytesRequired, codeMaxBytesExceeded):
			return permanent(fmt.Errorf("make stream %s of %d bytes: the server has not that much storage: %w: raise its max_file or lower nats.eventMaxBytes",
				want.Name, want.MaxBytes, err))
		}
		return final(fmt.Errorf("make stream %s: %w", want.Name, err), err)
	}
}

func (b *Bus) mayShrink(want jetstream.StreamConfig) bool {
	ours := want.Name == b.cfg.streamName(streamDLQ) ||
		want.Name == b.cfg.streamName(streamEvent) && b.cfg.EventMaxBytes == 0
	return ours && want.MaxBytes/2 >= smallestEventStream
}
