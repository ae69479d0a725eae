// Package leasetest is the conformance suite of [lease.Store]: what the keeper was
// tested on behaves as what it runs on.
package leasetest

import (
	"testing"

	"github.com/ewsnats/ewsnats/internal/lease"
)

// Backend is one place where records are kept.
type Backend struct {
	// Open gives the store of a stage. Each call is another process.
	Open func(stage string) lease.Store
	// Interrupt breaks every connection, as a restart of the server does, and returns
	// when it is over. Nil where nothing can break.
	Interrupt func()
}

// Run judges the backends that open gives; each is used by one test. Each test runs
// in what in makes for it: [InRealTime], or synctest.Test for a store that lives in
// a bubble.
func Run(t *testing.T, in func(*testing.T, func(*testing.T)), open func(t *testing.T) Backend) {
	tests := []struct {
		name string
		test func(t *testing.T, b Backend)
	}{
		{"watch of nothing is caught up", watchNothing},
		{"watch: newest in order, mark, then live", watchOrder},
		{"watch sees its stage only", watchStage},
		{"watch ends with its context", watchEnds},
		{"watch: two see the same", watchTwo},
		{"names come back", names},
		{"put: first, next, conflict", putConflict},
		{"put: one of many wins", putRace},
		{"put: an emptied record is a record", putEmpty},
		{"put: an ended context", putEnded},
		{"expiry is told, renewal keeps", expiry},
		{"an expired record counts as still there", expiredPut},
		{"an expired record: one of many wins", expiredRace},
		{"interruptions lose nothing", interruptions},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, func(t *testing.T) { tt.test(t, open(t)) })
		})
	}
}

// InRealTime runs a test as it is.
func InRealTime(t *testing.T, test func(*testing.T)) { test(t) }
