package ewssoap

import (
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// codingError says that the content coding of an answer cannot be undone.
type codingError struct{ text string }

func (e *codingError) Error() string { return e.text }

// unpack makes the body of an answer readable that came with a Content-Encoding, though requests ask for none (RFC 9110,
// section 8.4.1). It reads nothing yet.
func unpack(answer *http.Response) {
	coding := strings.ToLower(strings.Join(answer.Header.Values("Content-Encoding"), ", "))
	if coding == "" || coding == "identity" {
		return
	}
	answer.Body = &unpacker{packed: trickle{body: answer.Body}, coding: coding}
	answer.ContentLength, answer.Uncompressed = -1, true
}

// unpacker undoes a content coding. It returns what a server flushed as soon as the last byte of the flush is there. Bytes
// that a trailer follows, of gzip or zlib, it returns before it reads the last byte of the body, see [cautiousStep]; deflate
// without zlib, which some servers send under the same name, has no trailer and gives no such guarantee.
type unpacker struct {
	packed trickle
	coding string
	plain  io.Reader // of the member being read; nil: the next one is to be begun
	begun  bool      // there was a member
}

// Read implements io.Reader. Errors of the body below are returned as they are.
func (u *unpacker) Read(p []byte) (int, error) {
	for {
		if u.plain == nil {
			plain, err := u.begin()
			if err != nil {
				return 0, u.cause(err)
			}
			u.plain, u.begun = plain, true
		}
		n, err := u.plain.Read(p)
		if err == io.EOF { // of the member: only when more is asked for is the end of the body looked for
			u.plain, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, u.cause(err)
		}
	}
}

// Close closes the body below.
func (u *unpacker) Close() error { return u.packed.body.Close() }

// begin begins a member. The error is io.EOF where there is none.
func (u *unpacker) begin() (io.Reader, error) {
	switch u.coding {
	case "gzip", "x-gzip":
		member, err := gzip.NewReader(&u.packed)
		if err != nil {
			return nil, err
		}
		member.Multistream(false) // or it would wait for the next one before it returns the end of this
		return member, nil
	case "deflate":
		head, err := u.packed.peek()
		switch {
		case err != nil:
			return nil, err
		case u.begun:
			return nil, fmt.Errorf("there is more behind its end")
		case head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0: // RFC 1950, section 2.2
			return zlib.NewReader(&u.packed)
		}
		return flate.NewReader(&u.packed), nil
	}
	return nil, fmt.Errorf("it is not known, and was not asked for")
}

func (u *unpacker) cause(err error) error {
	switch below := u.packed.err; {
	case err == nil || isEnd(err) && below != nil:
		return err
	case below != nil && below != io.EOF:
		return below
	}
	return &codingError{fmt.Sprintf("the answer has the Content-Encoding %q: %v", clip(u.coding), err)}
}

// trickle reads a body in steps shorter than the trailer of any coding, and only what it is asked for.
type trickle struct {
	body      io.ReadCloser
	buf       [4]byte
	next, end int
	err       error // of body
}

// ReadByte implements io.ByteReader, which makes readers of codings read without looking ahead.
func (t *trickle) ReadByte() (byte, error) {
	for t.next == t.end {
		if t.err != nil {
			return 0, t.err
		}
		t.next = 0
		t.end, t.err = t.body.Read(t.buf[:])
	}
	b := t.buf[t.next]
	t.next++
	return b, nil
}

// Read implements io.Reader.
func (t *trickle) Read(p []byte) (int, error) {
	for n := range p {
		b, err := t.ReadByte()
		if err != nil {
			return n, err
		}
		p[n] = b
	}
	return len(p), nil
}

// peek returns the next two bytes and leaves them there.
func (t *trickle) peek() ([]byte, error) {
	t.next, t.end = 0, copy(t.buf[:], t.buf[t.next:t.end])
	for t.end < 2 {
		if t.err == io.EOF && t.end > 0 {
			return nil, io.ErrUnexpectedEOF
		}
		if t.err != nil {
			return nil, t.err
		}
		var n int
		n, t.err = t.body.Read(t.buf[t.end:])
		t.end += n
	}
	return t.buf[:2], nil
}
