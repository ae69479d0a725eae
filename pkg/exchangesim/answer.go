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
	c.log.HTTPStatus = status
	c.head()
	c.s.record(c.log)
	c.s.writeXML(c.w, status, c.fault.spoil(body))
}

// plain answers without XML.
func (c *call) plain(status int, text string) {
	c.log.HTTPStatus, c.log.Code = status, "HTTP "+strconv.Itoa(status)
	c.head()
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
