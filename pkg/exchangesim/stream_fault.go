package exchangesim

import (
	"maps"
	"slices"
)

// A fault on a stream acts once a number of envelopes is written: an error or a cut right then, a spoilt envelope when
// the next one is due.

// runFault turns a due fault into an error or an ending.
func (h *streamHandler) runFault() {
	f := h.c.fault
	if f == nil || h.envelopes < f.Envelopes {
		return
	}
	switch {
	case f.Reset:
		h.c.fault = nil
		h.st.finish(ending{why: "fault", abrupt: true})
	case f.ResponseCode != "":
		h.c.fault = nil
		h.raise(f)
	}
}

// raise tells an error that a fault is: about the ids of its mailbox, or about the stream.
func (h *streamHandler) raise(f *givenFault) {
	n := notice{message: f.message()}
	if f.mailbox == "" {
		h.st.tell(n)
		h.st.finish(ending{why: "fault", closed: true})
		return
	}
	for _, sub := range h.st.inOrder() {
		switch {
		case sub.Mailbox != f.mailbox:
		case f.ResponseCode == missedEvents:
			h.st.tell(n.about(sub.ID))
		default:
			h.c.s.org.kill(sub, death{why: "fault", notice: n}, h.c.s.now())
		}
	}
}

// spoilsStream tells whether the envelope after so many is to be spoilt.
func (f *givenFault) spoilsStream(envelopes int) bool {
	return f != nil && (f.CorruptXML || f.Truncate) && envelopes >= f.Envelopes
}

// writeSpoilt writes an envelope corrupted, or half of it as the last of the stream.
func (h *streamHandler) writeSpoilt(e envelope) (wrote bool, ended ending) {
	f := h.c.fault
	h.c.fault = nil
	if f.Truncate {
		ended = ending{why: "fault"}
	}
	first := h.note([]envelope{e})
	h.noteFailure(first)
	if err := h.flush(f.spoil(e.body)); err != nil {
		ended = ending{why: "write failed", abrupt: true}
	}
	return true, ended
}

// inOrder returns the stream's subscriptions in the order of the request.
func (st *stream) inOrder() []*subscription {
	return slices.SortedFunc(maps.Keys(st.subs), func(a, b *subscription) int {
		return slices.Index(st.IDs, a.ID) - slices.Index(st.IDs, b.ID)
	})
}
