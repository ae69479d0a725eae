package discoverer

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
)

func TestWaitAfter(t *testing.T) {
	tests := []struct {
		code     ewsaffinity.Code
		hint     time.Duration
		failures int
		random   float64
		want     time.Duration
	}{
		{"InvalidUser", 0, 1, 0.5, 15 * time.Minute},
		{"InvalidUser", 0, 1, 0, 13*time.Minute + 30*time.Second},
		{"InvalidUser", 0, 9, 0.5, 24 * time.Hour},
		{"unexpected", 0, 1, 0.5, time.Second},
		{"unexpected", 0, 4, 0.5, 15 * time.Minute}, // parked for the first time after three tries
		{"unexpected", 0, 5, 0.5, time.Hour},
		{"InternalServerError", 0, 3, 0.5, 4 * time.Second},
		{"InternalServerError", 0, 3, 0, time.Second}, // never at once
		{"InternalServerError", 0, 99, 0.5, 150 * time.Second},
		{"ServerBusy", time.Minute, 1, 0, 66 * time.Second},
		{"ServerBusy", 0, 3, 0.5, 4 * time.Second},
	}
	for _, tt := range tests {
		f := &ewsaffinity.Fault{Op: ewsaffinity.OpDiscover, Code: tt.code, BackOff: tt.hint}
		if have := waitAfter(f, tt.failures, tt.random); have != tt.want {
			t.Errorf("%s, hint %s, %d failures, random %v: have %s, want %s", tt.code, tt.hint, tt.failures, tt.random, have, tt.want)
		}
	}
}

func TestRestAfter(t *testing.T) {
	for _, failures := range []int{1, 2, 10} {
		f := faultOf(ewsaffinity.CodeRefusedLogin)
		if have, want := restAfter(f, failures, 0.5), 15*time.Minute; have != want {
			t.Errorf("%d failures: have %s, want %s", failures, have, want)
		}
	}
	if have, want := restAfter(faultOf(ewsaffinity.CodeTLS), 1, 0.5), 5*time.Minute; have != want {
		t.Errorf("TLS: have %s, want %s", have, want)
	}
}
