package jetbus

import (
	"strconv"

	"github.com/ThreeDotsLabs/watermill"
	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// unmarshaler turns any stored message into a Watermill message. It never fails
// and never gives nil, which would kill the process: whatever a message holds is
// for the handler to refuse.
type unmarshaler struct{}

// Unmarshal takes the first value of each header under its own name, the further
// ones as NAME-2, NAME-3, …. Headers that the server acts on are left out, lest a
// copy carry them; Nats-Msg-Id becomes the message's place in the stream, so that
// it lies in the dead letters once.
func (unmarshaler) Unmarshal(m jetstream.Msg) (*message.Message, error) {
	id := m.Headers().Get(wmnats.WatermillUUIDHdr)
	if id == "" {
		id = watermill.NewUUID()
	}
	w := message.NewMessage(id, m.Data())
	for name, values := range m.Headers() {
		if name == wmnats.WatermillUUIDHdr || serverHeader(name) {
			continue
		}
		for i, value := range values {
			w.Metadata.Set(numbered(name, i), value)
		}
	}
	if meta, err := m.Metadata(); err == nil {
		w.Metadata.Set(messages.HeaderMsgID, letterID(meta.Stream, meta.Sequence.Stream))
	}
	return w, nil
}

func numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	return name + "-" + strconv.Itoa(i+1)
}
