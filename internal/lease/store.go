package lease

import (
	"context"
	"errors"
	"time"
)

// Kind tells members from claims.
type Kind string

// The kinds of records.
const (
	KindMember Kind = "member"
	KindClaim  Kind = "claim"
)

// Key names a record: the id of a member, or the unit that is claimed.
type Key struct {
	Kind Kind
	Name string
}

// Record is the newest value of a key. One without Key says that everything that
// was stored when watching began has been delivered.
type Record struct {
	Key      Key
	Value    []byte // empty: there is none any more
	Sequence uint64 // of the store: grows with every write of any key
}

// CaughtUp reports whether this is the mark and no record.
func (r Record) CaughtUp() bool { return r.Key == Key{} }

// ErrConflict is a write that was not made: the key has another record than the
// writer expected.
var ErrConflict = errors.New("another record is stored")

// Store keeps the records of one stage. Its methods may be called from many
// goroutines.
type Store interface {
	// Watch delivers the newest record of every key in the order in which they were
	// stored, then the caught-up mark, then every record as it is stored. It goes on
	// over interruptions: the newest record of a key is never left out, and records
	// come in the order of their sequences, some perhaps again. The channel is closed
	// when ctx ends.
	Watch(ctx context.Context) (<-chan Record, error)
	// Put stores the value of a key if the newest record of the key has the sequence
	// expected (0: there was never one). A record that expired counts as still
	// there. It tries once: [ErrConflict] says that nothing was written, any other
	// error leaves open whether it was. With a ttl above 0 the record is gone when it
	// was not replaced for that long.
	Put(ctx context.Context, key Key, value []byte, expected uint64, ttl time.Duration) (sequence uint64, err error)
}
