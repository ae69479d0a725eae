package check

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// bufferingAdvice is for those who run what stands between.
const bufferingAdvice = "something between holds answers back until they end: switch its buffering off for EWS. nginx: proxy_buffering off " +
	"(X-NoBuffering, which Exchange sends, means nothing to it), HTTP/1.1 to Exchange, and proxy_read_timeout above 2 min"

// heard is what came of a stream.
type heard struct {
	reply
	head  bool // the head of the answer came
	first *ewssoap.Envelope
	took  time.Duration // to the first envelope
	ended bool          // it ended right behind it
}

// openStream opens a stream and waits for its first envelope, and a moment for its end.
func (w *walk) openStream(ctx context.Context) Finding {
	var h heard
	h.reply = w.ask(func() error { return w.listen(ctx, &h) })
	w.stream = h.reply
	return streamed(h, w.cfg.Timeout)
}

func (w *walk) listen(ctx context.Context, h *heard) error {
	begun := time.Now()
	s, err := w.client.GetStreamingEvents(ctx, w.call(true), ewssoap.StreamRequest{
		SubscriptionIDs: []string{w.subscription.answer.SubscriptionID}, TimeoutMinutes: 1, Silence: w.cfg.Timeout,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	h.head = true
	if h.first, err = s.Next(); err != nil {
		return err
	}
	h.took = time.Since(begun)
	linger := time.AfterFunc(w.cfg.Linger, func() { _ = s.Close() })
	defer linger.Stop()
	if _, err = s.Next(); errors.Is(err, net.ErrClosed) {
		return nil
	}
	h.ended = err != nil
	return err
}

// streamed judges a stream.
func streamed(h heard, timeout time.Duration) Finding {
	var e *ewssoap.Error
	errors.As(h.err, &e)
	fault := h.fault()
	switch {
	case fault != nil:
		return failure(fault, ewsaffinity.OpStream)
	case h.first != nil && h.ended:
		f := failed(causeOther, "it ended right after its first envelope")
		if e != nil {
			f = failure(h.err, ewsaffinity.OpStream)
			f.Text = "it ended right after its first envelope: " + f.Text
		}
		return f.advise("something between cuts long answers")
	case errors.Is(h.err, io.EOF), e != nil && h.head && (e.Code == ewssoap.ConditionEOF || e.Code == ewssoap.ConditionNotSOAP):
		return failed(causeOther, "it ended at once, without an envelope").with(trail(h.meta())).advise("something between cuts long answers")
	case e != nil && e.Code == ewssoap.ConditionSilence:
		return failed(causeOther, "the head of the answer came, but no envelope within %s", timeout).with(trail(h.meta())).advise(bufferingAdvice)
	case e != nil && e.Code == ewssoap.ConditionTimeout:
		return failed(causeOther, "no answer within %s, though Exchange answers other requests", timeout).with(trail(h.meta())).advise(bufferingAdvice)
	case h.err != nil:
		return failure(h.err, ewsaffinity.OpStream)
	}
	return ok("the first envelope came after %s", h.took.Round(time.Millisecond)).with(trail(h.meta()))
}

// fault is an error that the first envelope tells.
func (h heard) fault() error {
	if h.first == nil {
		return nil
	}
	for _, m := range h.first.Messages {
		if m.ResponseClass == "Error" {
			return &ewssoap.Error{Op: "GetStreamingEvents", Code: m.ResponseCode, HTTPStatus: h.last().Status, Text: m.MessageText,
				BackOff: m.BackOff, Meta: h.meta()}
		}
	}
	return nil
}
