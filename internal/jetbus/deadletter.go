package jetbus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/nats-io/nats.go"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// The headers of a dead letter besides its own are those of Watermill's
// PoisonQueue. headerLeftOut says how many bytes of body were too many to keep.
const (
	headerReason  = middleware.ReasonForPoisonedKey
	headerTopic   = middleware.PoisonedTopicKey
	headerHandler = middleware.PoisonedHandlerKey
	headerLeftOut = "ewsnats-body-left-out"
)

// bury stores a message that no one can handle in the dead letters. id makes sure
// that it lies there once.
func (b *Bus) bury(ctx context.Context, m messages.Message, id, handler, reason string) error {
	letter := nats.NewMsg(b.subjects.DeadLetter(b.cfg.Stage))
	for name, values := range m.Header {
		if len(values) > 0 && !serverHeader(name) {
			letter.Header[name] = values
		}
	}
	letter.Header.Set(messages.HeaderMsgID, id)
	letter.Header.Set(headerReason, reason)
	letter.Header.Set(headerTopic, m.Subject)
	letter.Header.Set(headerHandler, handler)
	letter.Data = m.Data

	_, err := b.put(ctx, "store a dead letter", letter)
	if errors.Is(err, nats.ErrMaxPayload) || hasCode(err, codeMessageTooBig) {
		letter.Data = nil
		letter.Header.Set(headerLeftOut, fmt.Sprint(len(m.Data)))
		_, err = b.put(ctx, "store a dead letter", letter)
	}
	if err != nil {
		return fmt.Errorf("store a dead letter of %s: %w", m.Subject, err)
	}
	b.cfg.Logger.Error("message put into the dead letters", "subject", m.Subject, "id", id, "reason", reason)
	return nil
}

// serverHeader reports whether the server would act on the header: a copy must
// not carry the expectations or the expiry of what it copies.
func serverHeader(name string) bool { return strings.HasPrefix(strings.ToLower(name), "nats-") }
