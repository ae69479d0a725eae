// Consumer is an example of a program that reads events. It takes each event once
// and says where some are missing: in gaps that ewsnats announces, and where
// sequence numbers leave a hole.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func main() {
	url := flag.String("url", nats.DefaultURL, "NATS `server`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := consume(ctx, *url, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "consumer:", err)
		os.Exit(1)
	}
}

// consume takes events until ctx ends. Its place in the stream is kept by NATS;
// one event at a time is on the way, which keeps the order over a restart.
func consume(ctx context.Context, url string, out io.Writer) error {
	nc, err := nats.Connect(url, nats.MaxReconnects(-1))
	if err != nil {
		return fmt.Errorf("connect to NATS at %s: %w", url, err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	consumer, err := js.CreateOrUpdateConsumer(ctx, "EWS_EVENT", jetstream.ConsumerConfig{
		Durable: "example", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 1, AckWait: 5 * time.Second,
	})
	if err != nil {
		return fmt.Errorf("make a consumer of EWS_EVENT: %w", err)
	}
	arrivals, err := consumer.Messages(jetstream.WithMessagesErrOnMissingHeartbeat(false))
	if err != nil {
		return err
	}
	defer arrivals.Stop()
	for t := (tracker{}); ; {
		m, err := arrivals.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		t.handle(messages.Message{Subject: m.Subject(), Header: m.Headers(), Data: m.Data()}, meta.Sequence.Stream, out)
		if err := m.Ack(); err != nil {
			fmt.Fprintln(out, "not acknowledged, will come again:", err)
		}
	}
}

// handle stands for what a program does with an event.
func (t tracker) handle(m messages.Message, sequence uint64, out io.Writer) {
	event, err := messages.DecodeEvent(m, sequence)
	if err != nil {
		fmt.Fprintln(out, "skipped:", err) // a type of a newer version, or no event at all
		return
	}
	who, id := event.Meta().Mailbox, event.ID()
	fresh, missing := t.take(event)
	if missing > 0 {
		fmt.Fprintf(out, "%s: %d events before %s are missing\n", who, missing, id)
	}
	if !fresh {
		return
	}
	switch e := event.(type) {
	case messages.MailboxEvent:
		fmt.Fprintf(out, "%s: %s in %s: %s (%s)\n", who, e.Event, e.InFolder(), e.SubjectID(), id)
	case messages.MailboxGap:
		fmt.Fprintf(out, "%s: look for changes yourself from %s to %s, %d s more on either side (%s)\n",
			who, e.From.Format(time.RFC3339), e.To.Format(time.RFC3339), e.Uncertainty, e.Cause)
	case messages.MailboxStopped:
		fmt.Fprintf(out, "%s: no more events: %s\n", who, e.Reason)
	}
}
