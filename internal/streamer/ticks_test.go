package streamer

import (
	"testing"
	"time"
)

func TestTicksKeepTimes(t *testing.T) {
	zone := time.FixedZone("", 3600)
	for _, want := range []time.Time{
		{},
		time.Unix(0, 0),
		time.Date(2026, 3, 1, 12, 30, 15, 123_456_700, zone),
		time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_900, time.UTC),
	} {
		if have := ticksOf(want).time(); !have.Equal(want) || have.IsZero() != want.IsZero() {
			t.Errorf("%v became %v", want, have)
		}
	}
}

func TestNoTicksAreNoTime(t *testing.T) {
	if have := ticks(0).time(); !have.IsZero() {
		t.Errorf("they are %v", have)
	}
}

func TestTicksNeverRunAhead(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 199, time.UTC)
	if have := ticksOf(at).time(); !have.Equal(at.Add(-99)) {
		t.Errorf("%v became %v", at, have)
	}
}
