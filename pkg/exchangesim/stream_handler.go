package exchangesim

import (
	"context"
	"net/http"
	"time"
)

// streamHandler is the one goroutine that writes a stream.
type streamHandler struct {
	c         *call
	st        *stream
	rc        *http.ResponseController
	timeout   time.Duration
	frame     framer
	envelopes int // written so far
	beatAt    time.Time
	endAt     time.Time
}

// occasion is what made the handler look for something to write.
type occasion int

const (
	opening occasion = iota
	woken
	heartbeat
	timeUp
)

// serve writes the stream to its end.
func (h *streamHandler) serve(ctx context.Context) {
	h.head()
	end := h.loop(ctx)
	h.c.s.mu.Lock()
	h.c.s.org.closeStream(h.st, end.why, h.c.s.now())
	h.c.s.mu.Unlock()
	if end.abrupt {
		abort(h.c.w)
	}
}

// head is that of public captures: chunked, not to be buffered, without a Content-Type.
func (h *streamHandler) head() {
	h.c.log.HTTPStatus, h.c.log.Code = http.StatusOK, h.openingCode()
	h.c.head()
	header := h.c.w.Header()
	if h.c.s.cfg.Wire == WireGromox {
		header.Set("Content-Type", h.c.s.cfg.contentType())
	} else {
		header["Content-Type"] = nil
		header.Set("X-NoBuffering", "1")
		header.Set("Connection", "close")
	}
	h.c.s.record(h.c.log)
	h.c.w.WriteHeader(http.StatusOK)
}

func (h *streamHandler) openingCode() string {
	h.c.s.mu.Lock()
	defer h.c.s.mu.Unlock()
	if len(h.st.notices) > 0 {
		return h.st.notices[0].code
	}
	return "NoError"
}

// loop writes what there is to write until the stream ends.
func (h *streamHandler) loop(ctx context.Context) ending {
	now := h.c.s.now()
	h.beatAt, h.endAt = now.Add(h.c.s.cfg.Heartbeat), now.Add(h.timeout)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for why := opening; ; {
		wrote, ended := h.step(why)
		if ended.why != "" {
			return ended
		}
		now := h.c.s.now()
		if wrote {
			h.beatAt = now.Add(h.c.s.cfg.Heartbeat)
		}
		timer.Reset(min(h.beatAt.Sub(now), h.endAt.Sub(now)))
		select {
		case <-h.st.wake:
		case <-timer.C:
		case <-ctx.Done():
			return ending{why: "client", abrupt: true}
		}
		why = h.due()
	}
}

// due tells what the clock, which may have been put forward, asks for.
func (h *streamHandler) due() occasion {
	switch now := h.c.s.now(); {
	case !now.Before(h.endAt):
		return timeUp
	case !now.Before(h.beatAt):
		return heartbeat
	}
	return woken
}

// step writes once, and tells whether the stream has ended with that.
func (h *streamHandler) step(why occasion) (wrote bool, ended ending) {
	envelopes, ended := h.collect(why)
	if ended.abrupt {
		return false, ended
	}
	if h.c.fault.spoilsStream(h.envelopes) && len(envelopes) > 0 {
		return h.writeSpoilt(envelopes[0])
	}
	if err := h.write(envelopes); err != nil && ended.why == "" {
		ended = ending{why: "write failed", abrupt: true}
	}
	h.c.s.mu.Lock()
	defer h.c.s.mu.Unlock()
	if h.st.end.abrupt { // cut while writing
		ended = h.st.end
	}
	if h.c.fault != nil && h.envelopes >= h.c.fault.Envelopes {
		h.st.signal()
	}
	return len(envelopes) > 0, ended
}

// collect takes from the stream's state what must be written now.
func (h *streamHandler) collect(why occasion) ([]envelope, ending) {
	h.c.s.mu.Lock()
	defer h.c.s.mu.Unlock()
	st := h.st
	if why == timeUp {
		st.finish(ending{why: "closed", closed: true})
	}
	h.runFault()
	errors := st.takeErrors(why == heartbeat, h.c.s.cfg.BadIDs)
	envelopes := h.frame.errors(errors, h.status(why))
	switch {
	case len(errors) > 0:
		st.signal() // events follow
	case st.end.closed:
		envelopes = append(envelopes, h.frame.status("Closed"))
	case why == opening:
		envelopes = append(envelopes, h.frame.status("OK"))
		st.signal()
	default:
		envelopes = h.deliveries()
	}
	if why == heartbeat && len(envelopes) == 0 {
		envelopes = append(envelopes, h.beat())
	}
	if why == opening && h.c.s.cfg.Wire == WireGromox {
		envelopes[0].body = append([]byte(xmlDeclaration), envelopes[0].body...)
	}
	return envelopes, st.end
}

// status is the ConnectionStatus that the last error of a step carries.
func (h *streamHandler) status(why occasion) string {
	switch {
	case h.st.end.closed:
		return "Closed"
	case why == opening:
		return "OK"
	}
	return ""
}

func (h *streamHandler) beat() envelope {
	if h.c.s.cfg.Heartbeats == HeartbeatStatusEvent && len(h.st.subs) > 0 {
		return h.frame.statusEvents(h.st)
	}
	return h.frame.status("OK")
}

// envelopesPerBatch is the number of envelopes that FramingBatch writes at once, about.
const envelopesPerBatch = 8

// deliveries takes events and frames them.
func (h *streamHandler) deliveries() []envelope {
	taken := h.st.takeEvents()
	if len(taken) > 0 && h.c.s.cfg.Wire == WireGromox {
		taken = h.st.withQuiet(taken)
	}
	if h.c.s.cfg.Framing != FramingBatch {
		return h.frame.notifications(taken)
	}
	var envelopes []envelope
	for ; len(taken) > 0; taken = h.st.takeEvents() {
		for i := range taken {
			envelopes = append(envelopes, h.frame.notifications(taken[i:i+1])...)
		}
		if len(envelopes) >= envelopesPerBatch {
			break
		}
	}
	return envelopes
}
