package ntlm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The ids of pairs, [MS-NLMP] 2.2.2.1.
const (
	avEOL             = 0
	avNetBIOSComputer = 1
	avNetBIOSDomain   = 2
	avDNSComputer     = 3
	avDNSDomain       = 4
	avFlags           = 6
	avTimestamp       = 7
	avTargetName      = 9
	avChannelBindings = 10
)

// flagMIC in MsvAvFlags: the message carries a MIC.
const flagMIC = 2

type avPair struct {
	id    uint16
	value []byte
}

// avPairs is a list without its end mark.
type avPairs []avPair

// parsePairs reads a list up to its end mark; what follows is not looked at.
func parsePairs(b []byte) (avPairs, error) {
	var pairs avPairs
	for len(b) >= 4 {
		id, length := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		b = b[4:]
		switch {
		case id == avEOL && length != 0:
			return nil, fmt.Errorf("the end of the list of pairs has %d bytes", length)
		case id == avEOL:
			return pairs, nil
		case length > len(b):
			return nil, fmt.Errorf("pair %d of %d bytes lies outside the list", id, length)
		case pairs.get(id) != nil:
			return nil, fmt.Errorf("pair %d is there twice", id)
		}
		pairs = append(pairs, avPair{id, b[:length:length]})
		b = b[length:]
	}
	return nil, errors.New("the list of pairs has no end")
}

// get returns the value of a pair, nil if it is not there.
func (p avPairs) get(id uint16) []byte {
	for _, pair := range p {
		if pair.id == id {
			return pair.value
		}
	}
	return nil
}

// with is the list with a pair set.
func (p avPairs) with(id uint16, value []byte) avPairs {
	p = slices.DeleteFunc(slices.Clone(p), func(pair avPair) bool { return pair.id == id })
	return append(p, avPair{id, value})
}

func (p avPairs) marshal() []byte {
	var b []byte
	for _, pair := range append(slices.Clone(p), avPair{id: avEOL}) {
		b = binary.LittleEndian.AppendUint16(b, pair.id)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(pair.value)))
		b = append(b, pair.value...)
	}
	return b
}

// flags is the value of MsvAvFlags, 0 if not there.
func (p avPairs) flags() uint32 {
	if v := p.get(avFlags); len(v) == 4 {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

// fileTime is a time in units of 100 ns since 1601, as Windows has it.
func fileTime(t time.Time) uint64 {
	const from1601to1970 = 116444736000000000
	return uint64(t.Unix()*1e7+int64(t.Nanosecond())/100) + from1601to1970
}
