package jetbus

import (
	"context"
	"fmt"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/nats-io/nats.go"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// The headers of a dead letter besides its own are those of Watermill's
// PoisonQueue. headerLeftOut names what was too large to keep.
const (
	headerReason  = middleware.ReasonForPoisonedKey
	headerTopic   = middleware.PoisonedTopicKey
	headerHandler = middleware.PoisonedHandlerKey
	headerLeftOut = "ewsnats-left-out"
)

// What is kept of a header when a letter must be shortened, and of a reason always.
const (
	shortHeader = 1 << 10
	longReason  = 8 << 10
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
	letter.Header.Set(headerReason, reason[:min(len(reason), longReason)])
	letter.Header.Set(headerTopic, m.Subject)
	letter.Header.Set(headerHandler, handler)
	letter.Data = m.Data

	_, err := b.put(ctx, "store a dead letter", letter)
	if unstorable(err) {
		shorten(letter)
		_, err = b.put(ctx, "store a shortened dead letter", letter)
	}
	if err != nil {
		return fmt.Errorf("store a dead letter of %s: %w", m.Subject, err)
	}
	b.cfg.Logger.Error("message put into the dead letters", "subject", m.Subject, "id", id, "reason", reason)
	return nil
}

// shorten leaves out what makes a letter too large to store: its body, and the
// headers that are not short.
func shorten(letter *nats.Msg) {
	leftOut := []string{fmt.Sprintf("body of %d bytes", len(letter.Data))}
	letter.Data = nil
	for name, values := range letter.Header {
		size := len(strings.Join(values, ""))
		if size > shortHeader && name != headerReason {
			leftOut = append(leftOut, fmt.Sprintf("%s of %d bytes", name, size))
			letter.Header.Del(name)
		}
	}
	letter.Header.Set(headerLeftOut, strings.Join(leftOut, ", "))
}

// serverHeader reports whether the server would act on the header: a copy must
// not carry the expectations or the expiry of what it copies.
func serverHeader(name string) bool { return strings.HasPrefix(strings.ToLower(name), "nats-") }
