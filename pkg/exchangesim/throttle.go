package exchangesim

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ThrottleForm says how a request that is over a limit is answered. A client must be ready for all of them.
type ThrottleForm string

const (
	// ThrottleFault is HTTP 500 with a SOAP fault that has the code and the hints; the default.
	ThrottleFault ThrottleForm = "fault"
	// ThrottleMessage is HTTP 200 with a ResponseMessage of class Error that has the code and the hints.
	ThrottleMessage ThrottleForm = "message"
	// ThrottleInner is HTTP 200 with ErrorInternalServerError, the code in InnerErrorResponseCode, and no hint.
	ThrottleInner ThrottleForm = "inner"
	// ThrottleUnavailable is HTTP 503, as IIS answers when requests queue before EWS: neither code nor hint.
	ThrottleUnavailable ThrottleForm = "503"
)

// ChargeMode says whose living subscriptions Config.MaxSubscriptions counts.
type ChargeMode string

const (
	ChargeTarget ChargeMode = "target" // those to the mailbox, since Exchange 2010 SP2 RU4
	ChargeCaller ChargeMode = "caller" // those of the account that subscribes
)

// syncHint is the hint that goes with too many SyncFolderItems at once (mustang issue 121).
const syncHint = 5 * time.Second

// answer is the answer to a request that is over a limit.
func (f ThrottleForm) answer(code, text string, hints map[string]string) FaultAnswer {
	switch f {
	case ThrottleMessage:
		return FaultAnswer{ResponseCode: code, Text: text, Values: hints}
	case ThrottleInner:
		return FaultAnswer{ResponseCode: "ErrorInternalServerError",
			Values: map[string]string{"InnerErrorResponseCode": code, "InnerErrorMessageText": textOf(code)}}
	case ThrottleUnavailable:
		return FaultAnswer{Status: http.StatusServiceUnavailable, Body: http.StatusText(http.StatusServiceUnavailable)}
	}
	return FaultAnswer{SOAPFault: code, Text: text, Values: hints}
}

// tooManyConnections answers a caller with too many connections, in the words of a public report (ews-managed-api issue
// 293).
func (c Config) tooManyConnections(policy string, limit int) *givenFault {
	hints := map[string]string{
		"Policy":              policy,
		"MaxConcurrencyLimit": strconv.Itoa(limit),
		"ErrorMessage":        "The throttling budget of policy " + policy + " is used up. Suggested backoff time 0 ms.",
	}
	return &givenFault{FaultAnswer: c.TooManyConnections.answer("ErrorExceededConnectionCount", "", hints)}
}

// busy answers a caller that is to wait.
func (c Config) busy(hint time.Duration) *givenFault {
	hints := map[string]string{"BackOffMilliseconds": strconv.FormatInt(hint.Milliseconds(), 10)}
	return &givenFault{FaultAnswer: c.Busy.answer("ErrorServerBusy", "", hints)}
}

// resolve gives an answer that is Busy the form that the server has for it.
func (c Config) resolve(a FaultAnswer) FaultAnswer {
	if !a.Busy {
		return a
	}
	form := c.Busy.answer("ErrorServerBusy", a.Text, a.hints())
	form.Header, form.RetryAfter, form.Delay, form.Envelopes = a.Header, a.RetryAfter, a.Delay, a.Envelopes
	return form
}

// enter counts an ordinary request of a charged mailbox until leave is called, or says that there are too many.
func (s *Server) enter(charged, operation string) (leave func(), over *givenFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counters := []map[string]int{s.org.ordinary}
	if limit := s.org.budget.MaxConcurrency; limit > 0 && s.org.ordinary[charged] >= limit {
		return nil, s.cfg.tooManyConnections("MaxConcurrency", limit)
	}
	if strings.HasPrefix(operation, "SyncFolder") {
		if limit := s.org.budget.ConcurrentSyncCalls; limit > 0 && s.org.syncing[charged] >= limit {
			return nil, s.cfg.busy(syncHint)
		}
		counters = append(counters, s.org.syncing)
	}
	for _, counter := range counters {
		counter[charged]++
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, counter := range counters {
			if counter[charged]--; counter[charged] == 0 {
				delete(counter, charged)
			}
		}
	}, nil
}

// subscriptionsOf counts the living subscriptions that are charged like a new one of the call to a mailbox.
func (c *call) subscriptionsOf(mb *mailbox) int {
	if c.s.cfg.SubscriptionsOf != ChargeCaller {
		return len(mb.subscriptions)
	}
	c.s.org.expireAll(c.s.now())
	n := 0
	for _, sub := range c.s.org.subscriptions {
		if sub.Account == c.owner() {
			n++
		}
	}
	return n
}
