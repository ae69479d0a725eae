package ewssoap

import (
	"errors"
	"io"
)

// cautiousStep is how much is read at a time while it is open whether an answer is the right one. It is shorter than any
// end tag of Envelope, so that the verdict, due at the end of Body, falls before the end of the answer is read: until then
// the connection can be thrown away, afterwards the transport would give it to the next request.
const cautiousStep = len("</Envelope")

// streamStep is how much of a stream is read at a time once its first envelope proved it to be one.
const streamStep = 16 << 10

// restingStep is the buffer in which a stream at rest waits: a heartbeat fits into it.
const restingStep = 1 << 10

// largestKept is how large a buffer may stay between two envelopes: one of 50 busy mailboxes has 200 KiB.
const largestKept = 256 << 10

var (
	errTooLarge = errors.New("the envelope exceeds the size limit")
	errNoMarkup = errors.New("text where a SOAP Envelope was due")
)

// source holds what was read of an answer. It is consumed byte by byte by an XML decoder, so that the decoder never asks for
// more than it needs: an envelope is complete with its last byte. Or it is looked at by a [scanner], which consumes an
// envelope as a whole or leaves it to the decoder.
type source struct {
	reader     io.Reader
	beforeRead func() // called before every read; may be nil
	step       int    // bytes to ask for at a time
	limit      int64  // bytes of an envelope

	buf       []byte
	next, end int   // unconsumed part of buf
	taken     int64 // bytes consumed since mark
	dirty     bool  // something else than white space or a byte order mark was consumed since mark
	record    *[]byte
	pending   error // told by reader, to be returned after the bytes that came with it
	failed    error // returned to the decoder
}

func newSource(r io.Reader, limit int64) *source {
	return &source{reader: r, limit: limit, step: cautiousStep}
}

// recorded makes the source keep what is consumed until the next mark, or keep it no more.
func (s *source) recorded(on bool) {
	switch {
	case !on:
		s.record = nil
	case s.record == nil:
		s.record = new([]byte)
	}
}

// mark begins an envelope and returns what was recorded of the one before.
func (s *source) mark() []byte {
	s.taken, s.dirty = 0, false
	if s.record == nil {
		return nil
	}
	kept := *s.record
	*s.record = nil
	return kept
}

// ReadByte implements io.ByteReader, which makes the decoder read without looking ahead.
func (s *source) ReadByte() (byte, error) {
	if s.taken >= s.limit {
		s.failed = errTooLarge
		return 0, s.failed
	}
	if s.next == s.end && !s.fill() {
		s.failed = s.pending
		return 0, s.failed
	}
	b := s.buf[s.next]
	s.next++
	s.taken++
	if s.record != nil {
		*s.record = append(*s.record, b)
	}
	return b, nil
}

// Read implements io.Reader for drain.
func (s *source) Read(p []byte) (int, error) {
	for n := range p {
		b, err := s.ReadByte()
		if err != nil {
			return n, err
		}
		p[n] = b
		if s.next == s.end {
			return n + 1, nil
		}
	}
	return len(p), nil
}

// fill reads until there is a byte or an error.
func (s *source) fill() bool {
	if len(s.buf) != s.step {
		s.buf = make([]byte, s.step)
	}
	s.next, s.end = 0, 0
	return s.read()
}

// await reads until something is held, and says whether there is.
func (s *source) await() bool { return s.next < s.end || s.more() }

// rest exchanges the buffer, in which nothing may be held, for a small one.
func (s *source) rest() {
	if len(s.buf) != restingStep {
		s.buf, s.next, s.end = make([]byte, restingStep), 0, 0
	}
}

// held returns what was read and not consumed yet. It is valid until the next call of more.
func (s *source) held() []byte { return s.buf[s.next:s.end] }

// more reads to what is held. It refuses if the envelope would break the limit, or nothing more comes.
func (s *source) more() bool {
	held := s.held()
	if s.taken+int64(len(held)) > s.limit {
		return false
	}
	switch into := s.buf; {
	case len(held) == len(into):
		s.buf = make([]byte, max(s.step, 2*len(held)))
		fallthrough
	case s.next > 0:
		s.next, s.end = 0, copy(s.buf, held)
	}
	return s.read()
}

// consume takes n bytes of what is held.
func (s *source) consume(n int) {
	if s.record != nil {
		*s.record = append(*s.record, s.buf[s.next:s.next+n]...)
	}
	s.next += n
	s.taken += int64(n)
	s.dirty = true
	if s.next == s.end && len(s.buf) > largestKept {
		s.buf, s.next, s.end = nil, 0, 0
	}
}

// read reads behind what is held until there is a byte more or an error.
func (s *source) read() bool {
	for s.pending == nil {
		if s.beforeRead != nil {
			s.beforeRead()
		}
		n, err := s.reader.Read(s.buf[s.end:min(len(s.buf), s.end+s.step)])
		s.end, s.pending = s.end+n, err
		if n > 0 {
			return true
		}
	}
	return false
}

// spare returns how much of a body of the given length can be consumed without reading its last byte, 0 if the length
// is not known.
func (s *source) spare(length int64) int64 { return max(0, length-s.taken-int64(s.step)) }

// drain consumes up to n bytes more. Reaching the end lets the transport use the connection again.
func (s *source) drain(n int64) { _, _ = io.Copy(io.Discard, io.LimitReader(s, n)) }

// isBlank recognises white space and the bytes of a byte order mark in UTF-8.
func isBlank(b byte) bool {
	switch b {
	case ' ', '\t', '\r', '\n', 0xef, 0xbb, 0xbf:
		return true
	}
	return false
}
