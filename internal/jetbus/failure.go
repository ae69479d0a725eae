package jetbus

import (
	"context"
	"errors"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Error codes of the JetStream API (nats-server's errors.json) that are told apart.
const (
	codeStorageFull       jetstream.ErrorCode = 10023 // insufficient resources: the server's max_file
	codeStorageExceeded   jetstream.ErrorCode = 10047 // a stream wants more than is left
	codeMessageTooBig     jetstream.ErrorCode = 10054
	codeStreamNameInUse   jetstream.ErrorCode = 10058
	codeStreamNotFound    jetstream.ErrorCode = 10059
	codeWrongSequence     jetstream.ErrorCode = 10071 // one replica
	codeStoreFailed       jetstream.ErrorCode = 10077 // the stream's own limits, or its disk
	codeHeaderTooBig      jetstream.ErrorCode = 10097
	codeMaxBytesRequired  jetstream.ErrorCode = 10113
	codeMaxBytesExceeded  jetstream.ErrorCode = 10122
	codeWrongSequenceOnR3 jetstream.ErrorCode = 10164 // several replicas
	codeTTLInvalid        jetstream.ErrorCode = 10165
	codeTTLDisabled       jetstream.ErrorCode = 10166
)

// Names of what keeps messages from being stored.
const (
	troubleDisconnected = "not connected to NATS"
	troubleNoStream     = "no stream takes the subject: is it missing, or has it no leader?"
	troubleStorageFull  = "NATS has no storage left"
	troubleStoreFailed  = "the stream takes no more messages"
	troubleNoAnswer     = "NATS does not acknowledge"
)

func hasCode(err error, codes ...jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode == code {
			return true
		}
	}
	return false
}

// unstorable reports whether a message can never be stored, however often it is tried.
func unstorable(err error) bool {
	return errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrBadSubject) || errors.Is(err, nats.ErrBadHeaderMsg) ||
		hasCode(err, codeMessageTooBig, codeHeaderTooBig, codeTTLInvalid, codeTTLDisabled)
}

// troubleOf names the cause of a failed publish.
func troubleOf(err error) string {
	switch {
	case errors.Is(err, nats.ErrDisconnected), errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionClosed):
		return troubleDisconnected
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders), hasCode(err, codeStreamNotFound):
		return troubleNoStream
	case hasCode(err, codeStorageFull):
		return troubleStorageFull
	case hasCode(err, codeStoreFailed):
		return troubleStoreFailed
	case errors.Is(err, jetstream.ErrAsyncPublishTimeout), errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return troubleNoAnswer
	}
	return err.Error()
}

// adviceOn is what to do about a trouble, and how loud to say it: what does not
// mend itself is an error.
func adviceOn(trouble string) (level slog.Level, hint string) {
	switch trouble {
	case troubleNoStream:
		return slog.LevelError, "was the stream deleted? If it stays missing it is made anew, empty"
	case troubleStorageFull:
		return slog.LevelError, "raise the server's max_file, or delete what is not needed; publishing then goes on"
	case troubleStoreFailed:
		return slog.LevelError, "raise the limits of the stream, or see the server's log"
	case troubleNoAnswer:
		return slog.LevelWarn, "if it lasts: is the server's disk full? Then make room and restart the server"
	}
	return slog.LevelWarn, ""
}
