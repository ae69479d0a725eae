package exchangesim

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// givenFault is the answer of a Fault to one request. All its methods take nil for none.
type givenFault struct {
	FaultAnswer
	mailbox string // the Fault's condition
}

// Fail has a Fault answer the requests it matches. Of several faults that match the oldest answers. It panics when the
// answer is empty or contradictory. The returned function takes the fault away.
func (s *Server) Fail(f Fault) (remove func()) {
	id := must(s.addFault(f))
	return func() { s.removeFault(id) }
}

func (s *Server) addFault(f Fault) (id int, err error) {
	if err := f.validate(); err != nil {
		return 0, err
	}
	f.Mailbox, f.Server = strings.ToLower(f.Mailbox), strings.ToLower(f.Server)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.nextFault++
	s.org.faults = append(s.org.faults, &FaultInForce{Fault: f, ID: s.org.nextFault})
	return s.org.nextFault, nil
}

func (s *Server) removeFault(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.faults = slices.DeleteFunc(s.org.faults, func(f *FaultInForce) bool { return f.ID == id })
}

// FaultInForce is a Fault that still answers requests.
type FaultInForce struct {
	Fault
	ID     int `json:"id"`     // what the control endpoint's unfail takes
	Passed int `json:"passed"` // matching requests let pass
	Done   int `json:"done"`   // matching requests answered
}

// Faults returns the faults in force, the oldest first.
func (s *Server) Faults() []FaultInForce {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []FaultInForce{}
	for _, f := range s.org.faults {
		all = append(all, *f)
	}
	return all
}

// takeFault finds the fault for a request and counts it. allow may refuse a Fault.
func (o *organisation) takeFault(operation, server string, mailboxes []string, allow func(Fault) bool) *givenFault {
	for i, f := range o.faults {
		if !f.matches(operation, server, mailboxes) || !allow(f.Fault) {
			continue
		}
		if f.Passed < f.After {
			f.Passed++
			continue
		}
		f.Done++
		if f.Times >= 0 && f.Done >= max(f.Times, 1) {
			o.faults = slices.Delete(o.faults, i, i+1)
		}
		return &givenFault{o.cfg.resolve(f.Answer), f.Mailbox}
	}
	return nil
}

func (f Fault) matches(operation, server string, mailboxes []string) bool {
	return (f.Operation == "" || f.Operation == operation) &&
		(f.Server == "" || f.Server == server) &&
		(f.Mailbox == "" || slices.Contains(mailboxes, f.Mailbox))
}

// atHost tells whether the URL of a request names the Fault's Host.
func (f Fault) atHost(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return f.Host == "" || strings.EqualFold(f.Host, host)
}

// takeFault finds the fault of the call and sits out its delay.
func (c *call) takeFault() {
	c.s.mu.Lock()
	c.fault = c.s.org.takeFault(c.log.Operation, c.log.RoutedTo, c.log.Mailboxes, func(f Fault) bool { return f.atHost(c.r) })
	c.s.mu.Unlock()
	if !c.s.sitOut(c.r, c.fault) {
		c.s.abandon(c.w, c.log)
	}
}

// sitOut waits for the delay of a fault; false when the client or the server goes meanwhile.
func (s *Server) sitOut(r *http.Request, f *givenFault) bool {
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

// answerByFault answers what needs no operation.
func (c *call) answerByFault() bool {
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
func (f *givenFault) answersHTTP() bool {
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

func (f *givenFault) setHeader(h http.Header) {
	for name, value := range f.Header {
		h.Set(name, value)
	}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
}

func (f *givenFault) soapFault() *soapFault {
	return &soapFault{code: f.SOAPFault, text: f.text(f.SOAPFault), values: f.hints()}
}

// spoil cuts or corrupts an answer.
func (f *givenFault) spoil(body []byte) []byte {
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
