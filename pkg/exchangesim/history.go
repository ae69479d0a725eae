package exchangesim

// history is an append-only list that may forget its oldest entries. Positions count from 0 and stay valid.
type history[T any] struct {
	entries   []T
	forgotten int
	limit     int // 0: none
}

// add appends and returns the position.
func (h *history[T]) add(v T) int {
	if h.limit > 0 && len(h.entries) >= 2*h.limit {
		h.forgotten += len(h.entries) - h.limit
		h.entries = append(h.entries[:0:0], h.entries[len(h.entries)-h.limit:]...)
	}
	h.entries = append(h.entries, v)
	return h.forgotten + len(h.entries) - 1
}

// next returns the position that add will return.
func (h *history[T]) next() int { return h.forgotten + len(h.entries) }

// at returns the entry of a position, or nil when it is forgotten.
func (h *history[T]) at(position int) *T {
	if position < h.forgotten {
		return nil
	}
	return &h.entries[position-h.forgotten]
}

// latest returns the entries that are kept.
func (h *history[T]) latest() []T {
	if h.limit > 0 && len(h.entries) > h.limit {
		return h.entries[len(h.entries)-h.limit:]
	}
	return h.entries
}
