package jetbus

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// smallestStream is the least that is taken where the server has less than the default.
const smallestStream = 64 << 20

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
		return b.update(ctx, stream.CachedInfo().Config, want)
	})
}

func (b *Bus) update(ctx context.Context, have, want jetstream.StreamConfig) error {
	if b.sizeIsOurs(want) {
		want.MaxBytes = have.MaxBytes // it may have been made smaller for want of room
	}
	merged, err := mergeStream(have, want)
	if err != nil || reflect.DeepEqual(have, merged) {
		return err
	}
	if _, err := b.js.UpdateStream(ctx, merged); err != nil {
		return refusal("update", merged, err)
	}
	b.cfg.Logger.Info("stream updated", "stream", want.Name)
	return nil
}

// create makes a stream. One whose size nobody configured takes half as much as
// often as the server says that it has not that much.
func (b *Bus) create(ctx context.Context, want jetstream.StreamConfig) error {
	_, err := b.js.CreateStream(ctx, want)
	for noRoom(err) && b.sizeIsOurs(want) && want.MaxBytes/2 >= smallestStream {
		want.MaxBytes /= 2
		_, err = b.js.CreateStream(ctx, want)
	}
	if noRoom(err) && b.madeMeanwhile(ctx, want.Name) {
		return nil
	}
	if err != nil {
		return refusal("make", want, err)
	}
	b.cfg.Logger.Info("stream made", "stream", want.Name, "maxBytes", want.MaxBytes, "replicas", want.Replicas)
	return nil
}

// madeMeanwhile reports whether another process made the stream: while several
// make one at once the server reserves its size for each of them.
func (b *Bus) madeMeanwhile(ctx context.Context, name string) bool {
	const looks, between = 10, 200 * time.Millisecond
	for range looks {
		if _, err := b.js.Stream(ctx, name); err == nil {
			return true
		}
		if pause(ctx, between) != nil {
			return false
		}
	}
	return false
}

// sizeIsOurs reports whether the limit of a stream is a default.
func (b *Bus) sizeIsOurs(want jetstream.StreamConfig) bool {
	return want.Name == b.cfg.streamName(streamDLQ) ||
		want.Name == b.cfg.streamName(streamEvent) && b.cfg.EventMaxBytes == 0
}

func noRoom(err error) bool {
	return hasCode(err, codeStorageExceeded, codeMaxBytesRequired, codeMaxBytesExceeded)
}

// refusal explains why a stream could not be made or updated, and whether trying
// again can help: it does when another process made it at the same time.
func refusal(verb string, cfg jetstream.StreamConfig, err error) error {
	switch {
	case hasCode(err, codeStreamNameInUse):
		return err
	case noRoom(err):
		return permanent(fmt.Errorf("%s stream %s of %d bytes: the server has not that much storage: raise its max_file or lower nats.events.maxBytes: %w",
			verb, cfg.Name, cfg.MaxBytes, err))
	}
	return final(fmt.Errorf("%s stream %s: %w", verb, cfg.Name, err), err)
}
