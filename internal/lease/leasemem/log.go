// Package leasemem keeps members and claims in memory: an ordered log as the real
// store has it, with switches for what can go wrong. It serves tests, also in
// synctest bubbles.
package leasemem

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
)

// Log is the store of one stage. Its methods may be called from many goroutines.
type Log struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever anything changes
	newest  map[lease.Key]entry
	seq     uint64
	outage  bool
	history []lease.Record
}

// entry is the newest record of a key. Where it expired, record is the marker, and
// expired the sequence of what was there.
type entry struct {
	record  lease.Record
	expired uint64
}

// New makes an empty log.
func New() *Log {
	return &Log{changed: make(chan struct{}), newest: map[lease.Key]entry{}}
}

// Client is the log as one process reaches it.
func (l *Log) Client() *Client { return &Client{log: l} }

// Outage makes the log unreachable for everyone, until told otherwise. Records that
// expire do so all the same.
func (l *Log) Outage(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outage = on
	l.wake()
}

// Records returns the newest record of every key in the order of their sequences.
func (l *Log) Records() []lease.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.after(0)
}

// History returns every record that was ever stored, in order.
func (l *Log) History() []lease.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.history)
}

// after returns the newest records above a sequence. Those that were replaced are
// not there any more.
func (l *Log) after(sequence uint64) []lease.Record {
	var records []lease.Record
	for _, e := range l.newest {
		if e.record.Sequence > sequence {
			records = append(records, e.record)
		}
	}
	slices.SortFunc(records, func(a, b lease.Record) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return records
}

// put stores a record.
func (l *Log) put(key lease.Key, value []byte, expected uint64, ttl time.Duration) (uint64, error) {
	e := l.newest[key]
	if e.record.Sequence != expected && (e.expired == 0 || e.expired != expected) {
		return 0, lease.ErrConflict
	}
	sequence := l.store(key, slices.Clone(value), 0)
	if ttl > 0 {
		time.AfterFunc(ttl, func() { l.expire(key, sequence) })
	}
	return sequence, nil
}

// expire puts a marker in place of a record that was not replaced.
func (l *Log) expire(key lease.Key, sequence uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.newest[key].record.Sequence == sequence {
		l.store(key, nil, sequence)
	}
}

func (l *Log) store(key lease.Key, value []byte, expired uint64) uint64 {
	l.seq++
	r := lease.Record{Key: key, Value: value, Sequence: l.seq}
	l.newest[key] = entry{r, expired}
	l.history = append(l.history, r)
	l.wake()
	return l.seq
}

func (l *Log) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}
