package httpauth

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// maxDrained is how much of an answer is read to keep its connection.
const maxDrained = 256 << 10

// Leg is a request within a login, with its credentials, and the answer that led to the next. Answer.Request is what was
// sent, in the context of the request that RoundTrip was given.
type Leg struct {
	Answer   *http.Response // its body was read
	Body     []byte
	Started  time.Time // when the request was given to the connection
	Received time.Time // when the head of the answer was there
}

// drain reads an answer to its end, so that its connection is kept, and tells the trace of it. One that breaks off or is
// too long costs the connection.
func (c *call) drain(answer *http.Response) error {
	leg := Leg{Answer: answer, Started: c.sent, Received: time.Now()}
	defer func() { _ = answer.Body.Close() }()
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(answer.Body, maxDrained+1))
	if leg.Body = body.Bytes(); c.t.cfg.Trace != nil {
		c.t.cfg.Trace(leg)
	}
	switch {
	case c.r.Context().Err() != nil:
		return c.r.Context().Err()
	case err != nil || n > maxDrained:
		return errLost
	}
	return nil
}
