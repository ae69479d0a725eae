package exchangesim

import (
	"net"
	"net/http"
	"strconv"
)

// answerMessages answers with ResponseMessages.
func (c *call) answerMessages(messages []message) {
	c.log.Code = messages[0].code
	c.answer(http.StatusOK, c.s.cfg.envelope(renderMessages(c.op.name.Local, messages)))
}

// answerFault answers with a SOAP fault.
func (c *call) answerFault(f *soapFault, status int) {
	c.log.Code = f.code
	body, status := c.s.cfg.fault(f, status)
	c.answer(status, body)
}

// answer writes an answer of XML, spoilt if a fault wants that.
func (c *call) answer(status int, body []byte) {
	c.head()
	c.log.HTTPStatus = status
	c.s.record(c.log)
	c.s.writeXML(c.w, status, c.fault.spoil(body))
}

// plain answers without XML.
func (c *call) plain(status int, text string) {
	c.head()
	c.log.HTTPStatus, c.log.Code = status, "HTTP "+strconv.Itoa(status)
	c.s.record(c.log)
	http.Error(c.w, text, status)
}

func (s *Server) writeXML(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", s.cfg.contentType())
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone; nothing is left to tell it
}

// abort cuts the connection of a request, with a TCP reset where there is TCP below. It does not return.
func abort(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		reset(conn)
	}
	panic(http.ErrAbortHandler)
}

func reset(conn net.Conn) {
	raw := conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		raw = t.NetConn()
	}
	if t, ok := raw.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // without it the client sees an end in place of a reset
	}
	_ = raw.Close()
}

// enter counts an ordinary request of a charged mailbox until leave is called, or says that there are too many.
func (s *Server) enter(charged string) (leave func(), f *soapFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if limit := s.org.budget.MaxConcurrency; limit > 0 && s.org.ordinary[charged] >= limit {
		return nil, overBudget("MaxConcurrency", limit)
	}
	s.org.ordinary[charged]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.org.ordinary[charged]--; s.org.ordinary[charged] == 0 {
			delete(s.org.ordinary, charged)
		}
	}, nil
}

// overBudget is the fault of a caller with too many connections, in the words of a public report (ews-managed-api issue
// 293).
func overBudget(policy string, limit int) *soapFault {
	f := newFault("ErrorExceededConnectionCount")
	f.values = map[string]string{
		"Policy":              policy,
		"MaxConcurrencyLimit": strconv.Itoa(limit),
		"ErrorMessage":        "The throttling budget of policy " + policy + " is used up. Suggested backoff time 0 ms.",
	}
	return f
}
