package exchangesim

import (
	"net/http"
	"strconv"
	"time"
)

// maxStreamIDs is the number of ids a stream may have (article on maintaining affinity). What Exchange answers to more
// is not documented.
const maxStreamIDs = 200

// getStreamingEvents answers the operation that hangs.
func (c *call) getStreamingEvents() {
	c.takeFault()
	if c.fault.answersHTTP() && c.fault.Envelopes == 0 {
		c.answerHTTP()
		return
	}
	timeout, f := c.streamRequest()
	if f != nil {
		c.answerFault(f, http.StatusInternalServerError)
		return
	}
	h := c.newStreamHandler(timeout)
	if over := c.open(h.st); over != nil {
		c.refuse(over, h.frame)
		return
	}
	defer c.s.running.Done()
	h.serve(c.r.Context())
}

// streamRequest checks the request against the schema and the limit of ids.
func (c *call) streamRequest() (timeout time.Duration, f *soapFault) {
	minutes, err := strconv.Atoi(c.op.child(nsMessages, "ConnectionTimeout").value())
	switch n := len(c.log.SubscriptionIDs); {
	case err != nil || minutes < 1 || minutes > 30:
		return 0, schemaFault("ConnectionTimeout is not a number from 1 to 30")
	case n == 0:
		return 0, schemaFault("SubscriptionIds is empty")
	case n > maxStreamIDs:
		return 0, &soapFault{code: "ErrorInvalidRequest", text: "A stream has at most 200 subscriptions."}
	}
	return time.Duration(minutes) * c.s.cfg.Minute, nil
}

func (c *call) newStreamHandler(timeout time.Duration) *streamHandler {
	rc := http.NewResponseController(c.w)
	st := &stream{
		Connection: &Connection{Anchor: c.log.AnchorMailbox, Impersonated: c.log.Impersonated, Agent: c.log.UserAgent, RemoteAddr: c.r.RemoteAddr},
		charged:    c.charged, subs: map[*subscription]struct{}{}, wake: make(chan struct{}, 1),
		unblock: func() { _ = rc.SetWriteDeadline(time.Unix(1, 0)) }, // some writers have no deadlines; they end by themselves
	}
	return &streamHandler{c: c, st: st, rc: rc, timeout: timeout, frame: c.s.cfg.newFramer()}
}

// open takes up the stream unless the charged mailbox has too many.
func (c *call) open(st *stream) *givenFault {
	if !c.s.start() {
		abort(c.w)
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if limit := c.s.org.budget.HangingConnectionLimit; limit > 0 && c.s.org.hanging[c.charged] >= limit {
		c.s.running.Done()
		return c.s.cfg.tooManyConnections("MaxStreamingConcurrency", limit)
	}
	c.s.org.openStream(st, c.server, c.owner(), c.log.SubscriptionIDs, c.s.now())
	return nil
}

// refuse answers a stream that is not opened: below the level of messages, or with a stream of one error.
func (c *call) refuse(over *givenFault, frame framer) {
	c.fault = over
	if over.answersHTTP() {
		c.answerHTTP()
		return
	}
	c.log.Code = over.ResponseCode
	c.answer(http.StatusOK, frame.errors([]notice{{message: over.message()}}, "Closed")[0].body)
}
