package lease

import "hash/fnv"

// hash is FNV-1a. Ids and units that differ in their last letter only differ in
// few bits of it, which is why scores are mixed.
func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

// mix is the finaliser of MurmurHash3: every bit of the input changes every bit of
// the result with even chance.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// score says how much a member is meant for a unit, both given by their hash. The
// unit belongs to the highest.
func score(member, unit uint64) uint64 { return mix(unit ^ mix(member)) }
