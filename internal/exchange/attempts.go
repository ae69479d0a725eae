package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Logins keeps, for all processes and over restarts, which logins were tried.
type Logins interface {
	// Load returns the record of a credential and its sequence; no record and 0 when
	// there is none. It waits for the store until ctx ends.
	Load(ctx context.Context, credential string) (record []byte, sequence uint64, err error)
	// Store replaces the record if the newest has the sequence expected (0: there was
	// never one). When it is not stored another may have been meanwhile, or this one
	// by an earlier try whose answer was lost. It waits for the store until ctx ends.
	Store(ctx context.Context, credential string, record []byte, expected uint64) (stored bool, err error)
}

// Lock-out policies put up with three refused logins within ten minutes.
const (
	loginTries  = 3
	loginWindow = 10 * time.Minute
)

// attempt is a login that was refused, or of which no answer is known.
type attempt struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// recent are the attempts that count.
func recent(attempts []attempt, now time.Time) []attempt {
	return slices.DeleteFunc(attempts, func(a attempt) bool { return now.Sub(a.At) >= loginWindow })
}

// freeAt is when the next attempt may be made; in the past: now.
func freeAt(attempts []attempt) time.Time {
	if len(attempts) < loginTries {
		return time.Time{}
	}
	times := make([]time.Time, len(attempts))
	for i, a := range attempts {
		times[i] = a.At
	}
	slices.SortFunc(times, time.Time.Compare)
	return times[len(times)-loginTries].Add(loginWindow)
}

// reserve counts an attempt before it is made, unless there were too many: then it
// returns when the next may be made. An attempt of this id counts once.
func reserve(ctx context.Context, logins Logins, credential, id string) (notBefore time.Time, err error) {
	err = change(ctx, logins, credential, func(attempts []attempt) ([]attempt, bool) {
		notBefore = time.Time{}
		if slices.ContainsFunc(attempts, func(a attempt) bool { return a.ID == id }) {
			return nil, false
		}
		if free := freeAt(attempts); free.After(time.Now()) {
			notBefore = free
			return nil, false
		}
		return append(attempts, attempt{id, time.Now().UTC()}), true
	})
	return notBefore, err
}

// refuse counts an attempt from now on, whether it was reserved or not: Exchange may
// have taken its time to refuse it.
func refuse(ctx context.Context, logins Logins, credential, id string) error {
	return change(ctx, logins, credential, func(attempts []attempt) ([]attempt, bool) {
		others := slices.DeleteFunc(attempts, func(a attempt) bool { return a.ID == id })
		return append(others, attempt{id, time.Now().UTC()}), true
	})
}

// withdraw takes an attempt back that was not refused.
func withdraw(ctx context.Context, logins Logins, credential, id string) error {
	return change(ctx, logins, credential, func(attempts []attempt) ([]attempt, bool) {
		left := slices.DeleteFunc(slices.Clone(attempts), func(a attempt) bool { return a.ID == id })
		return left, len(left) < len(attempts)
	})
}

// change makes a change to what is stored, anew when another was first. Attempts that
// count no more are dropped.
func change(ctx context.Context, logins Logins, credential string, decide func([]attempt) (next []attempt, write bool)) error {
	for {
		record, sequence, err := logins.Load(ctx, credential)
		if err != nil {
			return err
		}
		var attempts []attempt
		if len(record) > 0 {
			if err := json.Unmarshal(record, &attempts); err != nil {
				return fmt.Errorf("the record of refused logins %s cannot be read: %w", credential, err)
			}
		}
		next, write := decide(recent(attempts, time.Now()))
		if !write {
			return nil
		}
		if record, err = json.Marshal(next); err != nil {
			return err
		}
		if stored, err := logins.Store(ctx, credential, record, sequence); stored || err != nil {
			return err
		}
	}
}

// memory keeps logins for this process only.
type memory struct {
	mu      sync.Mutex
	records map[string]stored
}

type stored struct {
	record   []byte
	sequence uint64
}

func newMemory() *memory { return &memory{records: map[string]stored{}} }

func (m *memory) Load(_ context.Context, credential string) ([]byte, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.records[credential]
	return s.record, s.sequence, nil
}

func (m *memory) Store(_ context.Context, credential string, record []byte, expected uint64) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records[credential].sequence != expected {
		return false, nil
	}
	m.records[credential] = stored{record, expected + 1}
	return true, nil
}
