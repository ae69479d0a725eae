package ewssoap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// StreamRequest asks for the events of subscriptions that live on one mailbox server.
type StreamRequest struct {
	SubscriptionIDs []string      // at least one; Exchange takes at most 200
	TimeoutMinutes  int           // ConnectionTimeout, 1 to 30: when the server is to end the stream
	Silence         time.Duration // longest wait for an envelope, the first included; 0 means DefaultSilence
	Overdue         time.Duration // the stream is cut that long after TimeoutMinutes; 0 means DefaultOverdue
}

// Defaults of [StreamRequest].
const (
	// DefaultSilence is more than two of the heartbeats that EWS servers send every 45 s (EWS streaming, observed).
	DefaultSilence = 110 * time.Second
	// DefaultOverdue leaves room for servers that look at the time only on a heartbeat (EWS streaming, observed).
	DefaultOverdue = 3 * time.Minute
)

// maxTimeoutMinutes is the schema's limit of ConnectionTimeout (MS-OXWSNTIF, StreamingSubscriptionConnectionTimeoutType).
const maxTimeoutMinutes = 30

// GetStreamingEvents opens a stream of the events of subscriptions. It returns when the head of the answer is there; the
// first envelope, which holds no events on a healthy stream, comes with [Stream.Next]. The stream lives until ctx is
// cancelled, [Stream.Close] is called, or Next returns an error; Close must be called in any case.
//
// Opening a second stream with an id takes the subscription from the first one (ResponseCode reference,
// ErrorNewEventStreamConnectionOpened).
func (c *Client) GetStreamingEvents(ctx context.Context, call Call, r StreamRequest) (*Stream, error) {
	const op = "GetStreamingEvents"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	var s *Stream
	err := c.inVersion(call.URL, func(version string) (err error) {
		s, err = c.open(ctx, c.ewsRequest(op, call, version, r.write), r)
		return err
	})
	return s, err
}

// open sends the request and waits for the head of the answer.
func (c *Client) open(ctx context.Context, request request, r StreamRequest) (*Stream, error) {
	t, err := c.send(ctx, c.streams, request)
	if err != nil {
		return nil, err
	}
	if t.answer.StatusCode != http.StatusOK {
		src := t.source(c.maxAnswer)
		err := t.statusError(src)
		t.reportAnswer(src, err)
		t.release()
		return nil, err
	}
	t.timer.Stop()
	t.report(nil, nil)
	t.forget()
	return newStream(t, r, c.maxEnvelope), nil
}

func (r StreamRequest) check() error {
	if len(r.SubscriptionIDs) == 0 {
		return errors.New("no subscription ids")
	}
	if r.TimeoutMinutes < 1 || r.TimeoutMinutes > maxTimeoutMinutes {
		return fmt.Errorf("TimeoutMinutes must be 1 to %d, is %d", maxTimeoutMinutes, r.TimeoutMinutes)
	}
	return nil
}

func (r StreamRequest) write(w *xmlWriter) {
	w.open("m:GetStreamingEvents")
	w.open("m:SubscriptionIds")
	for _, id := range r.SubscriptionIDs {
		w.text("t:SubscriptionId", id)
	}
	w.close("m:SubscriptionIds")
	w.text("m:ConnectionTimeout", strconv.Itoa(r.TimeoutMinutes))
	w.close("m:GetStreamingEvents")
}
