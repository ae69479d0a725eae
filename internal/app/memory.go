package app

import (
	"os"
	"runtime/debug"
)

// gcPercent trades a little processor time for memory: of a streamer, most of what is
// in memory is what it knows of mailboxes, which lives as long as they are streamed, and
// at the default as much again would be garbage.
const gcPercent = 50

// SaveMemory collects garbage more often than by default, unless the operator said how
// often, by GOGC. It is for a process that runs the streamer alone.
func SaveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
