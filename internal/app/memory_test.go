package app

import (
	"runtime/debug"
	"testing"
)

func TestGarbageIsCollectedAsTheOperatorSays(t *testing.T) {
	for gogc, want := range map[string]int{"": 50, "300": 300} {
		t.Setenv("GOGC", gogc)
		former := debug.SetGCPercent(300) // as the runtime does
		SaveMemory()
		if have := debug.SetGCPercent(former); have != want {
			t.Errorf("GOGC=%q: %d %%, want %d", gogc, have, want)
		}
	}
}
