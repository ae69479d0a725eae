package exchangesim

// write sends envelopes as the framing wants, and notes the events in them first: what a client has read is in the
// truth.
func (h *streamHandler) write(envelopes []envelope) error {
	if len(envelopes) == 0 {
		return nil
	}
	first := h.note(envelopes)
	var err error
	switch h.c.s.cfg.Framing {
	case FramingBatch:
		err = h.flush(join(envelopes))
	case FramingSplit:
		for _, e := range envelopes {
			for _, piece := range split(e.body, h.envelopes) {
				if err == nil {
					err = h.flush(piece)
				}
			}
		}
	default:
		for _, e := range envelopes {
			if err == nil {
				err = h.flush(e.body)
			}
		}
	}
	if err != nil {
		h.noteFailure(first)
	}
	return err
}

func (h *streamHandler) flush(b []byte) error {
	if _, err := h.c.w.Write(b); err != nil {
		return err
	}
	return h.rc.Flush()
}

func join(envelopes []envelope) []byte {
	var all []byte
	for _, e := range envelopes {
		all = append(all, e.body...)
	}
	return all
}

// split cuts an envelope at places that depend on its number, so that over many of them every place is met.
func split(b []byte, number int) [][]byte {
	var pieces [][]byte
	for step := 1 + number*7%61; len(b) > step && len(pieces) < 6; step = step*3 + 1 {
		pieces = append(pieces, b[:step])
		b = b[step:]
	}
	return append(pieces, b)
}

// note counts the envelopes and records their events. It returns the position of the first record.
func (h *streamHandler) note(envelopes []envelope) int {
	s := h.c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	first, now := s.org.writes.next(), s.now()
	h.st.wrote = now
	for _, e := range envelopes {
		h.envelopes++
		for _, d := range e.deliveries {
			for _, ev := range d.events {
				s.org.counts.Writes++
				s.org.writes.add(Write{Connection: h.st.Number, Subscription: d.sub.ID, Mailbox: d.sub.Mailbox, Event: ev.Seq, At: now, Envelope: h.envelopes})
			}
		}
	}
	return first
}

// noteFailure marks this connection's records from a position on as failed.
func (h *streamHandler) noteFailure(first int) {
	s := h.c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := first; i < s.org.writes.next(); i++ {
		if w := s.org.writes.at(i); w != nil && w.Connection == h.st.Number {
			w.Failed = true
		}
	}
}
