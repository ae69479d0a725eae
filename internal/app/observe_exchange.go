package app

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ewsnats/ewsnats/internal/discoverer"
	"github.com/ewsnats/ewsnats/internal/metrics"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/internal/subscriber"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// exchangePorts are what the stages ask of Exchange.
type exchangePorts interface {
	discoverer.Autodiscover
	subscriber.Exchange
	streamer.Exchange
	// Trouble says why nothing is asked: a login that was refused waits.
	Trouble() string
}

// observedExchange counts what is asked of Exchange, and remembers a refused login.
type observedExchange struct {
	adapter exchangePorts
	metrics *metrics.Metrics
	refused atomic.Bool
}

var _ exchangePorts = (*observedExchange)(nil)

// asked takes the outcome of a request that was begun at a time.
func (o *observedExchange) asked(op metrics.Operation, begun time.Time, err error) {
	o.metrics.Request(op, err, time.Since(begun))
	var fault *ewsaffinity.Fault
	switch {
	case err == nil:
		o.refused.Store(false)
	case errors.As(err, &fault) && fault.Code == ewsaffinity.CodeRefusedLogin:
		o.refused.Store(true)
	}
}

// login is the check that the last login was not refused.
func (o *observedExchange) login() (ok bool, why string) {
	if why := o.adapter.Trouble(); why != "" {
		return false, why
	}
	if o.refused.Load() {
		return false, "Exchange refuses the login: see exchange.account and the log"
	}
	return true, ""
}

// Trouble says why nothing is asked of Exchange.
func (o *observedExchange) Trouble() string { return o.adapter.Trouble() }

func (o *observedExchange) Discover(ctx context.Context, mailboxes []messages.Address) ([]discoverer.Answer, error) {
	begun := time.Now()
	answers, err := o.adapter.Discover(ctx, mailboxes)
	o.asked(metrics.GetUserSettings, begun, err)
	return answers, err
}

func (o *observedExchange) Folders(ctx context.Context, url messages.Endpoint, mailbox messages.Address) (map[messages.FolderName]string, error) {
	begun := time.Now()
	folders, err := o.adapter.Folders(ctx, url, mailbox)
	o.asked(metrics.GetFolder, begun, err)
	return folders, err
}

func (o *observedExchange) Subscribe(ctx context.Context, place messages.Place, mailbox messages.Address) (subscriber.Subscribed, error) {
	begun := time.Now()
	subscribed, err := o.adapter.Subscribe(ctx, place, mailbox)
	o.asked(metrics.Subscribe, begun, err)
	return subscribed, err
}

func (o *observedExchange) Unsubscribe(ctx context.Context, place messages.Place, mailbox messages.Address, id messages.SubscriptionID) error {
	begun := time.Now()
	err := o.adapter.Unsubscribe(ctx, place, mailbox, id)
	o.asked(metrics.Unsubscribe, begun, err)
	return err
}

func (o *observedExchange) Open(ctx context.Context, place messages.Place, ids []messages.SubscriptionID) (streamer.Stream, error) {
	begun := time.Now()
	stream, err := o.adapter.Open(ctx, place, ids)
	o.asked(metrics.GetStreamingEvents, begun, err)
	if err != nil {
		return nil, err
	}
	return observedStream{stream, o.metrics}, nil
}

// observedStream counts the waits that Exchange asks for in-band, and what had to be left out.
type observedStream struct {
	streamer.Stream
	metrics *metrics.Metrics
}

func (s observedStream) Next() (streamer.Envelope, error) {
	envelope, err := s.Stream.Next()
	for _, fault := range envelope.Faults {
		s.metrics.BackOff(fault)
	}
	s.metrics.Forbidden(envelope.Forbidden)
	return envelope, err
}
