package lease

import (
	"cmp"
	"slices"
)

// modelStore is the store of the model: an ordered log of which the newest record
// of each key is kept.
type modelStore struct {
	newest map[Key]Record
	marked map[Key]uint64 // the sequence of what expired
	seq    uint64
}

func newModelStore() *modelStore {
	return &modelStore{newest: map[Key]Record{}, marked: map[Key]uint64{}}
}

func (s *modelStore) put(key Key, value []byte, expected uint64) (uint64, error) {
	marked, expired := s.marked[key]
	if s.newest[key].Sequence != expected && !(expired && marked == expected) {
		return 0, ErrConflict
	}
	delete(s.marked, key)
	return s.store(key, value), nil
}

func (s *modelStore) store(key Key, value []byte) uint64 {
	s.seq++
	s.newest[key] = Record{key, value, s.seq}
	return s.seq
}

// expire puts a marker in place of the record of a member, as a store does whose
// clock is wrong. Tombstones last.
func (s *modelStore) expire(key Key) {
	r := s.newest[key]
	if member, err := DecodeMember(r); err == nil && member.ID != "" && !member.Gone {
		s.marked[key] = r.Sequence
		s.store(key, nil)
	}
}

// after is what a feed brings after a sequence: records that were replaced are left out.
func (s *modelStore) after(sequence uint64) []Record {
	var records []Record
	for _, r := range s.newest {
		if r.Sequence > sequence {
			records = append(records, r)
		}
	}
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return records
}

// members are the keys of all members, in order.
func (s *modelStore) members() []Key {
	var keys []Key
	for key := range s.newest {
		if key.Kind == KindMember {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int { return cmp.Compare(a.Name, b.Name) })
	return keys
}
