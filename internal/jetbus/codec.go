package jetbus

import (
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func toNATS(m messages.Message) *nats.Msg {
	return &nats.Msg{Subject: m.Subject, Header: nats.Header(m.Header), Data: m.Data}
}

func fromDelivered(m jetstream.Msg) messages.Message {
	return messages.Message{Subject: m.Subject(), Header: m.Headers(), Data: m.Data()}
}

func fromStored(m *jetstream.RawStreamMsg) messages.Message {
	return messages.Message{Subject: m.Subject, Header: m.Header, Data: m.Data}
}
