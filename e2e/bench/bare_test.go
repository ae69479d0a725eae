package bench

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// window is the lane's default.
const window = 512

// bare publishes by nats.go alone, to streams of its own on the same server.
type bare struct {
	b   *testing.B
	bus *jetbus.Bus
	js  jetstream.JetStream
}

// barePrefix is as long as the pipeline's.
const barePrefix = "bar"

func newBare(b *testing.B, url string) *bare {
	b.Helper()
	bus := openBus(b, url, barePrefix)
	nc, err := nats.Connect(url)
	must(b, err)
	b.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(window))
	must(b, err)
	return &bare{b, bus, js}
}

// run publishes the messages of events, which are made before.
func (p *bare) run(events []messages.Event) cost {
	var list []*nats.Msg
	for _, m := range encoded(p.b, barePrefix, events) {
		list = append(list, &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data})
	}
	acks := make([]jetstream.PubAckFuture, len(list))
	spent := begin()
	for i, m := range list {
		var err error
		acks[i], err = p.js.PublishMsgAsync(m, jetstream.WithStallWait(time.Minute))
		must(p.b, err)
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			p.b.Fatal(err)
		}
	}
	return spent(len(events))
}

// encoded are the messages of events with another first token of the subject.
func encoded(b *testing.B, prefix string, events []messages.Event) []messages.Message {
	b.Helper()
	list := make([]messages.Message, len(events))
	for i, e := range events {
		m, err := messages.EncodeEvent(messages.Subjects{Prefix: prefix}, e)
		must(b, err)
		list[i] = m
	}
	return list
}
