package jetbus

import "github.com/ewsnats/ewsnats/internal/jetbus/outcome"

// Regression is what a lane tells of a stream that has gone backwards.
type Regression = outcome.Regression

// mark is the highest sequence that a stream acknowledged. A new life begins when
// the stream has gone backwards.
type mark struct {
	stream   string
	sequence uint64
	life     int
}

// acknowledged is the mark after a message was acknowledged, and whether that shows
// that the stream has gone backwards: a message that was sent when the mark was
// after, and is no repeat, must be stored behind it. The order in which
// acknowledgements come proves nothing.
func (m mark) acknowledged(after mark, s settlement) (next mark, regressed bool) {
	switch {
	case s.stream != m.stream:
		return mark{stream: s.stream, sequence: s.sequence, life: m.life}, false
	case after.life != m.life: // sent before the regression was noticed
		return m, false
	case after.stream == s.stream && s.sequence <= after.sequence && !s.duplicate:
		return mark{stream: s.stream, sequence: s.sequence, life: m.life + 1}, true
	}
	m.sequence = max(m.sequence, s.sequence)
	return m, false
}
