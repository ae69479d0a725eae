package jetbus

import (
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// lanePublisher offers a lane as a Watermill publisher.
type lanePublisher struct{ lane *Lane }

// Publisher offers the lane to Watermill: the topic is the subject, the metadata
// are the headers; Nats-Msg-Id among them makes a repeat recognisable. Its Close
// leaves the lane open: the lane is its owner's to close.
func (l *Lane) Publisher() message.Publisher { return lanePublisher{l} }

// Publish stores the messages in order. It ends early when the context of the
// first message ends.
func (p lanePublisher) Publish(topic string, list ...*message.Message) error {
	if len(list) == 0 {
		return nil
	}
	encoded := make([]messages.Message, len(list))
	for i, m := range list {
		header := make(map[string][]string, len(m.Metadata))
		for name, value := range m.Metadata {
			header[name] = []string{value}
		}
		encoded[i] = messages.Message{Subject: topic, Header: header, Data: m.Payload}
	}
	_, err := p.lane.publish(list[0].Context(), encoded)
	return err
}

// Close does nothing.
func (p lanePublisher) Close() error { return nil }
