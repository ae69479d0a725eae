package ewssoap

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxAnswer    = 32 << 20 // bytes of an ordinary answer
	maxRemainder = 4 << 10  // bytes read behind the envelope to find the end of an answer
)

// do sends r and decodes the answer. The connection goes back to the transport only if the answer was the right one:
// after a fault some servers send a second answer, which the next request would take for its own.
func (c *Client) do(ctx context.Context, r request, into answerElement) (*trip, error) {
	t, err := c.send(ctx, c.calls, r)
	if err != nil {
		return nil, err
	}
	defer t.release()
	src := t.source(c.maxAnswer)
	err = t.decode(src, into)
	t.reportAnswer(src, err)
	return t, err
}

func (t *trip) decode(src *source, into answerElement) error {
	if t.answer.StatusCode != http.StatusOK {
		return t.statusError(src)
	}
	d := newDecoder(src)
	read := d.envelope
	if t.request.plain {
		read = d.document
	}
	err := read(t.request.answer, into)
	t.meta.Forbidden = d.forbidden()
	if err != nil {
		return t.answerError(d, err)
	}
	src.drain(maxRemainder)
	return nil
}

// statusError makes an error of an answer with a status other than 200, from the SOAP fault in it if there is one.
func (t *trip) statusError(src *source) error {
	status, location := t.answer.StatusCode, t.answer.Header.Get("Location")
	if status >= 300 && status < 400 && location != "" {
		e := t.fail(ConditionRedirect, "")
		e.Location = location
		return e
	}
	e := t.fail(statusCode(status), statusText(t.answer))
	var f *fault
	if errors.As(newDecoder(src).envelope(t.request.answer, noAnswer{}), &f) {
		f.fill(e)
	}
	if err := t.parent.Err(); err != nil {
		return err
	}
	return e
}

// noAnswer takes the place of an answer where only a fault can be.
type noAnswer struct{}

func (noAnswer) empty() bool { return true }

// statusText joins the reason phrase (which holds the unlock URL at 456) with the headers in which front ends give reasons.
func statusText(answer *http.Response) string {
	words := []string{strings.TrimSpace(answer.Status)}
	for _, name := range []string{"x-ms-diagnostics", "X-CasErrorCode"} {
		if value := answer.Header.Get(name); value != "" {
			words = append(words, name+": "+value)
		}
	}
	return strings.Join(words, "; ")
}

// answerError says why an envelope could not be decoded.
func (t *trip) answerError(d *decoder, err error) error {
	var f *fault
	var foreign *notSOAPError
	var coding *codingError
	switch read := d.src.failed; {
	case errors.As(err, &f):
		e := t.fail("", "")
		f.fill(e)
		return e
	case (errors.As(err, &foreign) || errors.As(read, &coding)) && !d.proven:
		return t.fail(ConditionNotSOAP, err.Error())
	case foreign != nil || coding != nil || read == nil || read == errTooLarge:
		return t.fail(ConditionMalformed, err.Error())
	case isEnd(read) && d.src.dirty:
		return t.fail(ConditionTruncated, "the answer ended inside an envelope")
	case isEnd(read):
		return t.fail(ConditionNotSOAP, "the answer is empty")
	}
	return t.transportError(d.src.failed)
}

// isEnd recognises a body that ended, in order or cut short.
func isEnd(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// retryAfter reads the header of that name: seconds, or a date (RFC 9110).
func retryAfter(h http.Header, m Meta) time.Duration {
	value := h.Get("Retry-After")
	if wait := durationOf(value, time.Second); wait > 0 {
		return wait
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now := m.Date
	if now.IsZero() {
		now = m.Received
	}
	return max(0, date.Sub(now))
}
