package ewssoap

import (
	"context"
	"errors"
	"fmt"
)

// reply is one response message of an answer: a status, and what the operation adds.
type reply interface {
	failure(*trip) *Error
}

// answerOf is the wire form of the answer to an operation of Exchange Web Services.
type answerOf[M reply] struct {
	Response struct {
		Messages []M `xml:",any"`
	} `xml:"ResponseMessages"`
}

func (a *answerOf[M]) empty() bool { return len(a.Response.Messages) == 0 }

// ask sends an operation of Exchange Web Services and returns the response messages, at least one. It sends another
// request only where the server refuses the version of the one before.
func ask[M reply](ctx context.Context, c *Client, op string, call Call, operation func(*xmlWriter)) ([]M, *trip, error) {
	var a answerOf[M]
	var t *trip
	err := c.inVersion(call.URL, func(version string) (err error) {
		r := c.ewsRequest(op, call, version, operation)
		if c.statistics {
			if statistics := c.endpoints.takeStatistics(call.URL); statistics != "" {
				r.header.Set("X-ClientStatistics", statistics)
			}
		}
		a = answerOf[M]{}
		t, err = c.do(ctx, r, &a)
		if c.statistics {
			c.endpoints.answered(call.URL, t)
		}
		if err != nil {
			return err
		}
		if e := a.Response.Messages[0].failure(t); e != nil && refusalIn(e) != refusalNone {
			return e
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return a.Response.Messages, t, nil
}

// oneForEach says what is wrong with an answer that should hold a response message for each of several ids: a single error
// in place of them all is about the call.
func oneForEach[M reply](t *trip, messages []M, ids int) *Error {
	if len(messages) == ids {
		return nil
	}
	if len(messages) == 1 {
		if e := messages[0].failure(t); e != nil {
			return e
		}
	}
	return t.fail(ConditionMalformed, fmt.Sprintf("%d response messages for %d ids", len(messages), ids))
}

// inVersion makes an attempt in the version known to suit the endpoint, and another one as long as the server refuses
// the version and there is one left to try.
func (c *Client) inVersion(url string, attempt func(version string) error) error {
	if c.fixedVersion {
		return attempt(c.version)
	}
	for {
		version := c.endpoints.version(url)
		err := attempt(version)
		var e *Error
		if !errors.As(err, &e) || !c.endpoints.refused(url, version, refusalIn(e)) {
			return err
		}
	}
}
