package ewssoap

import (
	"strings"
	"testing"
)

// TestAStreamAtRestHoldsLittle: after a heartbeat, but not after events, of which more may follow.
func TestAStreamAtRestHoldsLittle(t *testing.T) {
	busy := exchangeEnvelope(0, 20, 10)
	s := proven(t, &pieces{busy, heartbeat, busy}, Options{})
	for _, rests := range []bool{false, true, false} {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
		if have := s.plain == nil && len(s.decoder.src.buf) == restingStep; have != rests {
			t.Errorf("rests: %v, want %v (%d bytes)", have, rests, len(s.decoder.src.buf))
		}
	}
}

// pieces are read one at a time.
type pieces []string

func (p *pieces) Read(b []byte) (int, error) {
	for len(*p) > 0 && (*p)[0] == "" {
		*p = (*p)[1:]
	}
	if len(*p) == 0 {
		return strings.NewReader("").Read(b)
	}
	n := copy(b, (*p)[0])
	(*p)[0] = (*p)[0][n:]
	return n, nil
}
