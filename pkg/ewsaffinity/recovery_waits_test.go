package ewsaffinity

import (
	"testing"
	"time"
)

func TestBackOff(t *testing.T) {
	tests := []struct {
		attempt int
		random  float64
		want    time.Duration
	}{
		{1, 0, 0}, {1, 0.5, time.Second}, {2, 0.5, 2 * time.Second}, {3, 0.25, 2 * time.Second},
		{8, 0.5, 128 * time.Second}, {9, 0.5, 150 * time.Second}, {1000, 0.5, 150 * time.Second},
		{0, 0.5, time.Second}, {-7, 0.5, time.Second},
	}
	for _, test := range tests {
		if have := BackOff(test.attempt, test.random); have != test.want {
			t.Errorf("BackOff(%d, %v): want %v, have %v", test.attempt, test.random, test.want, have)
		}
	}
}

func TestHintDelay(t *testing.T) {
	tests := []struct {
		hint   time.Duration
		random float64
		want   time.Duration
	}{
		{10 * time.Second, 0, 11 * time.Second},
		{10 * time.Second, 0.5, 13500 * time.Millisecond},
		{297749 * time.Millisecond, 0, 327523900 * time.Microsecond},
	}
	for _, test := range tests {
		if have := HintDelay(test.hint, test.random); have != test.want {
			t.Errorf("HintDelay(%v, %v): want %v, have %v", test.hint, test.random, test.want, have)
		}
	}
}

func TestParkDelay(t *testing.T) {
	for attempts, want := range []time.Duration{
		15 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour,
	} {
		if have := ParkDelay(attempts); have != want {
			t.Errorf("ParkDelay(%d): want %v, have %v", attempts, want, have)
		}
	}
}

func TestResubscribeDelay(t *testing.T) {
	tests := []struct {
		forced int
		delay  time.Duration
		do     Do
	}{
		{0, 0, Resubscribe},
		{1, 0, Resubscribe},
		{2, 30 * time.Second, Resubscribe},
		{3, 2 * time.Minute, Rediscover},
		{4, 10 * time.Minute, Resubscribe},
		{5, 30 * time.Minute, Resubscribe},
		{6, 0, Park},
		{60, 0, Park},
	}
	for _, test := range tests {
		if delay, do := ResubscribeDelay(test.forced); delay != test.delay || do != test.do {
			t.Errorf("ResubscribeDelay(%d): want %v %s, have %v %s", test.forced, test.delay, test.do, delay, do)
		}
	}
}
