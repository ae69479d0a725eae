package jetbus

import (
	"context"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// batch is what one call publishes. Until settled is closed it belongs to the
// lane's owner, then to the caller.
type batch struct {
	ctx       context.Context
	entries   []entry
	sequences []uint64
	end       int // entries from here on are not to be stored
	missing   int // entries before end that are not stored yet
	left      int // entries the lane still holds
	unsent    []*entry
	refusal   error // why end is less than all
	settled   chan struct{}
}

// entry is one message of a batch.
type entry struct {
	batch  *batch
	index  int
	msg    *messages.Message
	stored bool
	err    error // of the last attempt

	key   string // messages of one key are stored in order
	line  *line
	place uint64    // in the order of all that the lane took
	sent  time.Time // the last attempt
	after mark      // what was known to be stored when it was sent
}

func newBatch(ctx context.Context, encoded []messages.Message) *batch {
	b := &batch{
		ctx:       ctx,
		entries:   make([]entry, len(encoded)),
		sequences: make([]uint64, len(encoded)),
		end:       len(encoded),
		missing:   len(encoded),
		left:      len(encoded),
		unsent:    make([]*entry, 0, len(encoded)),
		settled:   make(chan struct{}),
	}
	for i := range encoded {
		b.entries[i] = entry{batch: b, index: i, msg: &encoded[i]}
	}
	return b
}

// dropped reports that the entry is not to be sent: it follows an unstorable one,
// or its caller has gone.
func (e *entry) dropped() bool { return e.index >= e.batch.end || e.batch.ctx.Err() != nil }

// acknowledge notes that the entry is stored.
func (e *entry) acknowledge(sequence uint64) {
	e.stored = true
	e.batch.sequences[e.index] = sequence
	if e.index < e.batch.end {
		e.batch.missing--
		e.batch.settleIfComplete()
	}
}

// refuse ends the batch before the entry: it can never be stored.
func (e *entry) refuse(reason error) {
	b := e.batch
	if e.index >= b.end {
		return
	}
	for i := e.index; i < b.end; i++ {
		if !b.entries[i].stored {
			b.missing--
		}
	}
	b.end, b.refusal = e.index, reason
	b.settleIfComplete()
}

func (b *batch) settleIfComplete() {
	if b.missing == 0 {
		close(b.settled)
	}
}
