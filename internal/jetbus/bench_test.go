package jetbus

import (
	"context"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// benchmarkBatch is the number of events in a call, as many as a notification may hold.
const benchmarkBatch = 50

// benchmarkEvents gives batch after batch: spread over 200 mailboxes, or each of
// one mailbox, or all of the same.
type benchmarkEvents struct {
	given     int
	perCall   int // mailboxes of a call
	mailboxes int
}

func (e *benchmarkEvents) next() []messages.Event {
	var events []messages.Event
	for i := range benchmarkBatch {
		n := e.given*benchmarkBatch + i
		mailbox := (e.given*e.perCall + i%e.perCall) % e.mailboxes
		events = append(events, newMail(messages.Address(fmt.Sprintf("user%d@contoso.com", mailbox)), messages.Sequence(n+1)))
	}
	e.given++
	return events
}

// BenchmarkLane publishes through a lane from 8 callers; compare with
// BenchmarkBareAsync, which publishes the same messages by nats.go alone.
func BenchmarkLane(b *testing.B) {
	benchmarkLane(b, &benchmarkEvents{perCall: benchmarkBatch, mailboxes: 200})
}

// BenchmarkLaneOfOneMailboxACall has as many mailboxes on the way as callers.
func BenchmarkLaneOfOneMailboxACall(b *testing.B) {
	benchmarkLane(b, &benchmarkEvents{perCall: 1, mailboxes: 200})
}

// BenchmarkLaneBurst is all of one mailbox: one message on the way at a time.
func BenchmarkLaneBurst(b *testing.B) {
	benchmarkLane(b, &benchmarkEvents{perCall: 1, mailboxes: 1})
}

func benchmarkLane(b *testing.B, source *benchmarkEvents) {
	bus, _ := fresh(b)
	lane := bus.NewLane()
	jobs := make(chan []messages.Event)
	failed := make(chan error, 8)
	for range cap(failed) {
		go func() {
			for events := range jobs {
				if _, err := lane.Publish(b.Context(), events); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for b.Loop() {
		jobs <- source.next()
	}
	close(jobs)
	for range cap(failed) {
		must(b, <-failed)
	}
	reportEvents(b)
}

// BenchmarkBareAsync is the yardstick: PublishMsgAsync with the same window.
func BenchmarkBareAsync(b *testing.B) {
	bus, _ := fresh(b)
	js, err := jetstream.New(bus.nc, jetstream.WithPublishAsyncMaxPending(defaultWindow))
	must(b, err)
	source := benchmarkEvents{perCall: benchmarkBatch, mailboxes: 200}
	for b.Loop() {
		for _, event := range source.next() {
			m, err := messages.EncodeEvent(bus.subjects, event)
			must(b, err)
			_, err = js.PublishMsgAsync(toNATS(m), jetstream.WithStallWait(patience))
			must(b, err)
		}
	}
	<-js.PublishAsyncComplete()
	reportEvents(b)
}

func reportEvents(b *testing.B) {
	b.ReportMetric(float64(b.N*benchmarkBatch)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkServeStart serves the 64 partitions from the start to the first request
// and the end.
func BenchmarkServeStart(b *testing.B) {
	bus, _ := fresh(b)
	for n := 0; b.Loop(); n++ {
		ctx, cancel := context.WithCancel(b.Context())
		must(b, bus.RequestRegroup(ctx, request(fmt.Sprint("r", n), "g1")))
		err := bus.ServeRegroups(ctx, nil, func(context.Context, messages.RegroupRequested) error {
			cancel()
			return nil
		})
		if ctx.Err() == nil {
			b.Fatal(err)
		}
	}
}
