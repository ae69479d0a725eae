package exchangesim

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// script is a Fault that waits for its requests.
type script struct {
	Fault
	number int
	passed int
	done   int
}

// scripted is the answer of a script to one request. All its methods take nil for none.
type scripted struct {
	FaultAnswer
	mailbox string // the Fault's condition
}

// Script has a Fault answer the requests it matches. Of several scripts that match the oldest answers. It panics when
// the answer is empty or contradictory. The returned function takes the script away.
func (s *Server) Script(f Fault) (remove func()) {
	number := must(s.addScript(f))
	return func() { s.removeScript(number) }
}

func (s *Server) addScript(f Fault) (number int, err error) {
	if err := f.validate(); err != nil {
		return 0, err
	}
	f.Mailbox, f.Server = strings.ToLower(f.Mailbox), strings.ToLower(f.Server)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.nextScript++
	s.org.scripts = append(s.org.scripts, &script{Fault: f, number: s.org.nextScript})
	return s.org.nextScript, nil
}

func (s *Server) removeScript(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.scripts = slices.DeleteFunc(s.org.scripts, func(sc *script) bool { return sc.number == number })
}

// FaultInForce is a Fault that still answers requests.
type FaultInForce struct {
	Fault
	ID     int `json:"id"`     // what the control endpoint's unscript takes
	Passed int `json:"passed"` // matching requests let pass
	Done   int `json:"done"`   // matching requests answered
}

// Faults returns the faults in force, the oldest first.
func (s *Server) Faults() []FaultInForce {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []FaultInForce{}
	for _, sc := range s.org.scripts {
		all = append(all, FaultInForce{Fault: sc.Fault, ID: sc.number, Passed: sc.passed, Done: sc.done})
	}
	return all
}

// takeScript finds the script for a request and counts it. allow may refuse a Fault.
func (o *organisation) takeScript(operation, server string, mailboxes []string, allow func(Fault) bool) *scripted {
	for i, sc := range o.scripts {
		if !sc.matches(operation, server, mailboxes) || !allow(sc.Fault) {
			continue
		}
		if sc.passed < sc.After {
			sc.passed++
			continue
		}
		sc.done++
		if sc.Times >= 0 && sc.done >= max(sc.Times, 1) {
			o.scripts = slices.Delete(o.scripts, i, i+1)
		}
		return &scripted{sc.Answer, sc.Mailbox}
	}
	return nil
}

func (sc *script) matches(operation, server string, mailboxes []string) bool {
	return (sc.Operation == "" || sc.Operation == operation) &&
		(sc.Server == "" || sc.Server == server) &&
		(sc.Mailbox == "" || slices.Contains(mailboxes, sc.Mailbox))
}

// atHost tells whether the URL of a request names the Fault's Host.
func (f Fault) atHost(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return f.Host == "" || strings.EqualFold(f.Host, host)
}

// takeScript finds the script of the call and sits out its delay.
func (c *call) takeScript() {
	c.s.mu.Lock()
	c.fault = c.s.org.takeScript(c.log.Operation, c.log.RoutedTo, c.log.Mailboxes, func(f Fault) bool { return f.atHost(c.r) })
	c.s.mu.Unlock()
	if !c.s.sitOut(c.r, c.fault) {
		c.s.abandon(c.w, c.log)
	}
}

// sitOut waits for a scripted delay; false when the client or the server goes meanwhile.
func (s *Server) sitOut(r *http.Request, f *scripted) bool {
	if f == nil || f.Delay <= 0 {
		return true
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}

// abandon ends a request that nobody waits for any more. It does not return.
func (s *Server) abandon(w http.ResponseWriter, log Request) {
	log.Code = "abandoned"
	s.record(log)
	abort(w)
}

// answerScripted answers what needs no operation.
func (c *call) answerScripted() bool {
	if c.fault.answersHTTP() {
		c.answerHTTP()
		return true
	}
	if c.fault == nil || c.fault.ResponseCode == "" {
		return false
	}
	c.answerMessages([]message{c.fault.message()})
	return true
}

// answersHTTP tells an answer below the level of messages.
func (f *scripted) answersHTTP() bool {
	return f != nil && (f.Reset || f.Status != 0 || f.SOAPFault != "")
}

func (c *call) answerHTTP() {
	f := c.fault
	f.setHeader(c.w.Header())
	switch {
	case f.Reset:
		c.log.Code = "reset"
		c.s.record(c.log)
		abort(c.w)
	case f.Status != 0:
		c.plain(f.Status, f.Body)
	default:
		c.answerFault(f.soapFault(), http.StatusInternalServerError)
	}
}

func (f *scripted) setHeader(h http.Header) {
	for name, value := range f.Header {
		h.Set(name, value)
	}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
}

func (f *scripted) soapFault() *soapFault {
	return &soapFault{code: f.SOAPFault, text: f.text(f.SOAPFault), values: f.hints()}
}

// spoil cuts or corrupts an answer.
func (f *scripted) spoil(body []byte) []byte {
	switch {
	case f == nil:
		return body
	case f.Truncate:
		return body[:len(body)/2]
	case f.CorruptXML:
		return append(slices.Clone(body[:len(body)/2]), "<&"+string(body[len(body)/2:])...)
	}
	return body
}
