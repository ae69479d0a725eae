package faultproxy

import (
	"math/rand/v2"
	"time"
)

// Toxics is what happens to a connection. The zero value harms nothing.
type Toxics struct {
	ToServer Toxic // what the client says
	ToClient Toxic // what the server says
}

// Both is the same toxic in both directions.
func Both(t Toxic) Toxics { return Toxics{ToServer: t, ToClient: t} }

// Toxic is what happens to the bytes of one direction.
type Toxic struct {
	Latency time.Duration // bytes arrive that much later
	Jitter  time.Duration // and up to so much more; their order is kept
	Chunk   int           // most bytes of a write; 0: as they came
	Rate    int           // bytes a second; 0: no bound
	// Stall passes nothing on and keeps the connection open: what was said waits,
	// as in a network that lost its way, and arrives when the stall is lifted.
	Stall bool
	// Drop takes everything and passes nothing on. What was said is lost for good,
	// so that a connection is of no use afterwards.
	Drop bool
	// CutAfter ends the connection when that many bytes more have passed in this
	// direction; 0: never.
	CutAfter int
	// Reset makes CutAfter end the connection with a reset instead of an end of file.
	Reset bool
	// Linger tells the other end that much later that this one has ended.
	Linger time.Duration
}

// delays draws when pieces arrive.
type delays struct {
	random *rand.Rand
	last   time.Time
}

func newDelays(seed uint64, connection int, direction uint64) *delays {
	return &delays{random: rand.New(rand.NewPCG(seed, uint64(connection)<<1|direction))}
}

// due is when what came at a time is to arrive: never before what came earlier.
func (d *delays) due(came time.Time, t Toxic) time.Time {
	at := came.Add(t.Latency)
	if t.Jitter > 0 {
		at = at.Add(time.Duration(d.random.Int64N(int64(t.Jitter))))
	}
	if at.Before(d.last) {
		at = d.last
	}
	d.last = at
	return at
}
