package ewssoap

import (
	"context"
	"io"
	"time"
)

// A Stream is an open answer to GetStreamingEvents. Next belongs to one goroutine; Close and Meta may be called by any.
// The stream has no goroutine of its own.
type Stream struct {
	trip    *trip
	alone   bool     // the decoder reads every envelope, not only the first and those that are not plain
	plain   *scanner // tries the others; nil: it rests
	decoder *decoder
	overdue *time.Timer
	silence *time.Timer
	longest time.Duration // of silence
	waiting bool          // silence is running
	count   int           // envelopes delivered
	closed  bool          // the last ConnectionStatus said Closed
	err     error         // what ended the stream
}

func newStream(t *trip, r StreamRequest, maxEnvelope int64) *Stream {
	s := &Stream{trip: t, longest: r.Silence}
	if s.longest <= 0 {
		s.longest = DefaultSilence
	}
	after := r.Overdue
	if after <= 0 {
		after = DefaultOverdue
	}
	s.overdue = time.AfterFunc(time.Duration(r.TimeoutMinutes)*time.Minute+after, func() { t.cancel(errOverdue) })
	s.silence = time.AfterFunc(s.longest, func() { t.cancel(errSilence) })
	s.silence.Stop()
	src := t.source(maxEnvelope)
	src.beforeRead = s.wait
	s.decoder = newDecoder(src)
	return s
}

// Meta returns what the head of the answer said.
func (s *Stream) Meta() Meta { return s.trip.meta }

// Next waits for the next envelope and returns it as soon as its last byte is there. Only the time spent waiting in Next
// counts as silence, so a caller that is slow does not lose a healthy stream.
//
// Every stream ends with an error, which Next then repeats:
//   - io.EOF: the body ended in order and the last ConnectionStatus was Closed;
//   - ctx.Err() of the context given to GetStreamingEvents;
//   - an [Error]: an end without Closed, an envelope cut short or not in order, silence, the time overrun, a broken
//     connection, a SOAP fault, or an answer to something else. Events may have been lost.
//
// After [Stream.Close] it wraps net.ErrClosed. An envelope that reports an error of the server's is no error of Next.
// Some servers keep the connection open after Closed: hang up on it.
func (s *Stream) Next() (*Envelope, error) {
	if s.err == nil {
		s.err = s.stopped()
	}
	if s.err != nil {
		return nil, s.err
	}
	envelope, err := s.read()
	s.silence.Stop()
	s.waiting = false
	if err != nil {
		return nil, s.end(err)
	}
	s.count++
	s.decoder.src.step = streamStep
	s.rest(envelope)
	s.trip.reportEnvelope(s.count, s.decoder.src.mark(), nil)
	for _, m := range envelope.Messages {
		if m.ConnectionStatus != "" {
			s.closed = m.ConnectionStatus == statusClosed
		}
	}
	return envelope, nil
}

// read reads the next envelope: a plain one as a whole, any other, or what is none, with all the care of the decoder. So is
// the first one, which has to prove that this is a stream at all.
func (s *Stream) read() (*Envelope, error) {
	if !s.alone && s.count > 0 && s.decoder.src.await() {
		if s.plain == nil {
			s.plain = newScanner(s.decoder.src)
		}
		if e := s.plain.envelope(); e != nil {
			return e, nil
		}
	}
	var answer streamAnswer
	if err := s.decoder.envelope(s.trip.request.answer, &answer); err != nil {
		return nil, err
	}
	e := answer.envelope()
	e.Forbidden = s.decoder.forbidden()
	return e, nil
}

// rest lets go of what reading takes when an envelope brought nothing and no other is there yet: the next one is likely to
// come in half a minute, and there are many streams.
func (s *Stream) rest(e *Envelope) {
	if len(s.decoder.src.held()) > 0 {
		return
	}
	for _, m := range e.Messages {
		if len(m.Notifications) > 0 {
			return
		}
	}
	s.plain = nil
	s.decoder.src.rest()
}

// Close aborts the stream at once. What is still on the way is lost; the connection is not used again.
func (s *Stream) Close() error {
	s.release()
	return nil
}

// wait starts the clock of silence with the first read for an envelope; further reads do not set it back.
func (s *Stream) wait() {
	if !s.waiting {
		s.waiting = true
		s.silence.Reset(s.longest)
	}
}

// stopped returns why the stream must not be read any more, nil if it may.
func (s *Stream) stopped() error {
	if err := s.trip.parent.Err(); err != nil {
		s.release()
		return err
	}
	if context.Cause(s.trip.ctx) == errClosed {
		return errClosed
	}
	return nil
}

// end settles why there is no next envelope.
func (s *Stream) end(err error) error {
	src := s.decoder.src
	switch {
	case src.failed == io.EOF && !src.dirty && s.closed:
		s.err = io.EOF
	case isEnd(src.failed) && !src.dirty:
		s.err = s.trip.fail(ConditionEOF, "the stream ended without ConnectionStatus Closed")
	default:
		s.err = s.trip.answerError(s.decoder, err)
	}
	if s.err != io.EOF {
		s.trip.reportEnvelope(s.count+1, src.mark(), s.err)
	}
	s.release()
	return s.err
}

func (s *Stream) release() {
	s.overdue.Stop()
	s.silence.Stop()
	s.trip.release()
}
