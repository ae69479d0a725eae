package jetbus

import (
	"context"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// requestKey is where a message's context holds its decoded request.
type requestKey struct{}

// decodeRequest decodes a message before it is tried: what cannot be read is
// poisoned at once. (Retry's own ShouldRetry makes its waits grow twice as fast.)
func decodeRequest(next message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		request, err := decodeRegroup(m)
		if err != nil {
			return nil, err
		}
		m.SetContext(context.WithValue(m.Context(), requestKey{}, request))
		return next(m)
	}
}

// regroupHandler passes what decodeRequest left to handle.
func regroupHandler(handle RegroupHandler) message.NoPublishHandlerFunc {
	return func(m *message.Message) error {
		ctx := m.Context()
		request, _ := ctx.Value(requestKey{}).(messages.RegroupRequested)
		return handle(ctx, request)
	}
}

func decodeRegroup(m *message.Message) (messages.RegroupRequested, error) {
	header := make(map[string][]string, len(m.Metadata))
	for name, value := range m.Metadata {
		header[name] = []string{value}
	}
	fact, err := messages.DecodeFact(messages.Message{
		Subject: message.SubscribeTopicFromCtx(m.Context()),
		Header:  header,
		Data:    m.Payload,
	})
	if err != nil {
		return messages.RegroupRequested{}, err
	}
	request, ok := fact.(messages.RegroupRequested)
	if !ok {
		return messages.RegroupRequested{}, fmt.Errorf("%s is in the work queue of regroup requests", fact.Type())
	}
	return request, nil
}

// endWith ends the context of a message with ctx. The router's own context
// outlives ctx, so that a message that is done can still be acknowledged.
func endWith(ctx context.Context) message.HandlerMiddleware {
	return func(next message.HandlerFunc) message.HandlerFunc {
		return func(m *message.Message) ([]*message.Message, error) {
			own, cancel := context.WithCancel(m.Context())
			defer cancel()
			stop := context.AfterFunc(ctx, cancel)
			defer stop()
			m.SetContext(own)
			return next(m)
		}
	}
}

// forgive marks what failed in a partition that is not served any more. The request
// is in the message's context already.
func (g *gate) forgive(next message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		out, err := next(m)
		request, _ := m.Context().Value(requestKey{}).(messages.RegroupRequested)
		if err != nil && !g.serves(request.URL.Partition()) {
			err = errors.Join(errNotServed, err)
		}
		return out, err
	}
}
