package bench

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// latencyEvents is how many notifications are measured, one at a time.
const latencyEvents = 2000

// BenchmarkLatency measures from when Exchange writes a notification to when a
// consumer of the event stream has it, on an idle system, and in turn with it what
// NATS itself takes: from a publish by nats.go to the same kind of consumer. Medians
// and 99th percentiles are metrics, in ms.
func BenchmarkLatency(b *testing.B) {
	p := newPipeline(b, 1)
	bare := newBare(b, p.natsURL)
	ways := []struct {
		name  string
		send  func(number int)
		comes <-chan jetbus.StoredEvent
		took  []time.Duration
	}{
		{name: "pipeline", send: p.tell, comes: follow(b, p.bus)},
		{name: "nats", send: bare.tell, comes: follow(b, bare.bus)},
	}
	for number := 0; b.Loop(); {
		for range latencyEvents {
			number++
			for i := range ways {
				w := &ways[i]
				time.Sleep(rand.N(4 * time.Millisecond)) // idle, and in step with nothing
				began := time.Now()
				w.send(number)
				<-w.comes
				w.took = append(w.took, time.Since(began))
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, w := range ways {
		slices.Sort(w.took)
		b.ReportMetric(milliseconds(w.took[len(w.took)/2]), w.name+"-p50-ms")
		b.ReportMetric(milliseconds(w.took[len(w.took)*99/100]), w.name+"-p99-ms")
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// follow reads the events that come from now on.
func follow(b *testing.B, bus *jetbus.Bus) <-chan jetbus.StoredEvent {
	b.Helper()
	events, err := bus.FollowEvents(b.Context(), nil, jetbus.From{New: true})
	must(b, err)
	<-events // says that reading began
	return events
}

// tell has one notification written.
func (p *pipeline) tell(number int) {
	p.exchange.feed(anchor(0)) <- told([]happened{{0, number % groupSize, number, time.Now()}})
}

// tell publishes one event.
func (p *bare) tell(number int) {
	event := messages.MailboxEvent{
		EventMeta: messages.EventMeta{Mailbox: mailbox(0, number%groupSize), Group: groupID(0), Generation: 1,
			Time: time.Now(), Recorded: time.Now(), Epoch: 1, Sequence: messages.Sequence(number)},
		Event: "NewMailEvent", What: messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail}, Folder: messages.FolderInbox,
		Item: &messages.Ref{ID: itemID(0, 0, number)}, Parent: &messages.Ref{ID: folderID(0, 0, 0)}, Origin: messages.OriginStream,
	}
	m := encoded(p.b, barePrefix, []messages.Event{event})[0]
	_, err := p.js.PublishMsgAsync(&nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data})
	must(p.b, err)
}
