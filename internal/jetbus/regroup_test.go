package jetbus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// quick makes the work queue's waits short.
func quick(b *Bus) {
	b.queue = queueLimits{ackWait: time.Second, maxDeliver: 20, retries: 2, retryWait: time.Millisecond, nakDelay: 10 * time.Millisecond}
}

func serve(t *testing.T, b *Bus, handle RegroupHandler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.ServeRegroups(ctx, nil, handle) }()
	var once atomic.Bool
	stop = func() {
		if once.Swap(true) {
			return
		}
		cancel()
		if err := receive(t, ended, "end of serving"); !errors.Is(err, context.Canceled) {
			t.Errorf("serving ended with %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// handled serves and tells the ids of what was handled.
func handled(t *testing.T, b *Bus) <-chan string {
	t.Helper()
	ids := make(chan string, 1000)
	serve(t, b, func(_ context.Context, r messages.RegroupRequested) error {
		ids <- r.ID
		return nil
	})
	return ids
}

func TestRegroupPoisonGoesToTheDeadLetters(t *testing.T) {
	b, _ := fresh(t)
	quick(b)
	ctx := limited(t)
	good, err := messages.EncodeFact(b.subjects, request("two-valued", "g1"))
	must(t, err)
	twoValued := toNATS(good)
	twoValued.Header["x-trace"] = []string{"one", "two"}
	subject := twoValued.Subject
	stored := []*nats.Msg{
		{Subject: subject, Data: []byte("garbage"), Header: nats.Header{"x": {"one", "two"}, jetstream.ExpectedStreamHeader: {"EWS_REGROUP"}}},
		{Subject: subject},
		{Subject: subject, Header: nats.Header{"ce-type": {"ewsnats.mailbox.enrolled.v1"}, "ce-id": {"x"}}, Data: []byte(`{"mailbox":"a@b.c"}`)},
		twoValued,
	}
	for _, m := range stored {
		_, err := b.js.PublishMsg(ctx, m)
		must(t, err)
	}
	must(t, b.RequestRegroup(ctx, request("panics", "g1")))
	must(t, b.RequestRegroup(ctx, request("fails", "g1")))
	must(t, b.RequestRegroup(ctx, request("good", "g1")))

	ids := make(chan string, 10)
	tries := 0
	serve(t, b, func(_ context.Context, r messages.RegroupRequested) error {
		switch r.ID {
		case "panics":
			panic("the handler is broken")
		case "fails":
			tries++
			return fmt.Errorf("try %d failed", tries)
		}
		ids <- r.ID
		return nil
	})
	expect(t, "handled", "two-valued", receive(t, ids, "the two-valued request"))
	expect(t, "handled", "good", receive(t, ids, "the request behind all"))

	letters := deadLetters(t, b, 5)
	reasons := []string{"no ce-type header", "no ce-type header", "enrolled.v1 is in the work queue", "the handler is broken", "try 3 failed"}
	for i, letter := range letters {
		if got := letter.Header.Get(headerReason); !strings.Contains(got, reasons[i]) {
			t.Errorf("letter %d: reason %q, want %q in it", i, got, reasons[i])
		}
		expect(t, "topic", b.subjects.RegroupPartition(endpoint.Partition()), letter.Header.Get(headerTopic))
		expect(t, "handler", regroupConsumer(endpoint.Partition()), letter.Header.Get(headerHandler))
	}
	expect(t, "second value", "two", letters[0].Header.Get("x-2"))
	expect(t, "subject", "ews.dlq.test", letters[0].Subject)
	waitFor(t, "the queue to be empty", func() bool { return countOf(t, b, streamRegroup) == 0 })
	expect(t, "dead letters", uint64(5), countOf(t, b, streamDLQ))
}

func TestRegroupHeartbeatKeepsAMessage(t *testing.T) {
	b, _ := fresh(t)
	quick(b)
	b.queue.ackWait = 300 * time.Millisecond
	must(t, b.RequestRegroup(limited(t), request("slow", "g1")))
	var begun atomic.Int32
	done := make(chan struct{}, 10)
	stop := serve(t, b, func(ctx context.Context, _ messages.RegroupRequested) error {
		begun.Add(1)
		<-time.After(4 * b.queue.ackWait) // longer than the server waits without a heartbeat
		done <- struct{}{}
		return nil
	})
	receive(t, done, "the slow request")
	waitFor(t, "its acknowledgement", func() bool { return countOf(t, b, streamRegroup) == 0 })
	stop()
	expect(t, "deliveries", int32(1), begun.Load())
}

func TestRegroupMaxDeliveries(t *testing.T) {
	b, _ := fresh(t)
	quick(b)
	b.queue.maxDeliver, b.queue.ackWait = 1, 200*time.Millisecond
	ctx := limited(t)
	consumers, err := b.regroupConsumers(ctx, b.js)
	must(t, err)
	must(t, b.RequestRegroup(ctx, request("deadly", "g1")))
	// A process that dies of a message is one that took it and never answers.
	_, err = consumers[b.subjects.RegroupPartition(endpoint.Partition())].Next()
	must(t, err)

	ids := handled(t, b)
	must(t, b.RequestRegroup(ctx, request("good", "g1")))
	expect(t, "handled", "good", receive(t, ids, "the request behind the deadly one"))
	letter := deadLetters(t, b, 1)[0]
	expect(t, "reason", "delivered 1 times without an answer", letter.Header.Get(headerReason))
	expect(t, "id", "EWS_REGROUP-1", letter.Header.Get(messages.HeaderMsgID))
	waitFor(t, "the queue to be empty", func() bool { return countOf(t, b, streamRegroup) == 0 })
}

func TestRegroupSurvivesServerRestart(t *testing.T) {
	b, server := fresh(t)
	quick(b)
	ids := handled(t, b)
	for i := range 3 {
		id := fmt.Sprint("r", i)
		must(t, b.RequestRegroup(limited(t), request(id, "g1")))
		expect(t, "handled", id, receive(t, ids, id))
		must(t, server.Restart())
	}
}

func TestRegroupConsumersAreMadeAgain(t *testing.T) {
	b, _ := fresh(t)
	quick(b)
	ids := handled(t, b)
	must(t, b.RequestRegroup(limited(t), request("r1", "g1")))
	receive(t, ids, "a first request")
	waitFor(t, "its acknowledgement", func() bool { return countOf(t, b, streamRegroup) == 0 })
	must(t, b.js.DeleteConsumer(limited(t), b.cfg.streamName(streamRegroup), regroupConsumer(endpoint.Partition())))
	must(t, b.RequestRegroup(limited(t), request("r2", "g1")))
	expect(t, "handled", "r2", receive(t, ids, "a request after the consumer was deleted"))
}

func TestRegroupSharedByProcesses(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	var inside, most, total atomic.Int32
	var served [2]atomic.Int32
	var stops [2]func()
	buses := [2]*Bus{openBus(t, server), openBus(t, server)}
	for i, b := range buses {
		quick(b)
		stops[i] = serve(t, b, func(context.Context, messages.RegroupRequested) error {
			most.Store(max(most.Load(), inside.Add(1)))
			defer inside.Add(-1)
			<-time.After(2 * time.Millisecond) // long enough for another to come in
			served[i].Add(1)
			total.Add(1)
			return nil
		})
	}
	requests := int32(0)
	ask := func() {
		requests++
		must(t, buses[0].RequestRegroup(limited(t), request(fmt.Sprint("r", requests), "g1")))
	}
	waitFor(t, "both to serve", func() bool {
		ask()
		return served[0].Load() > 0 && served[1].Load() > 0
	})
	for i := range 60 {
		if ask(); i == 30 {
			stops[1]()
		}
	}
	waitFor(t, "the queue to be empty", func() bool { return countOf(t, buses[0], streamRegroup) == 0 })
	expect(t, "handled", requests, total.Load())
	expect(t, "handled at once in one partition", int32(1), most.Load())
}
