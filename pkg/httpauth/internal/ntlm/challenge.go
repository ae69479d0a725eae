package ntlm

import (
	"encoding/binary"
	"fmt"
	"time"
)

// challengeHead is the length of the fixed part with the version; messages of old servers have 48 bytes, without it.
const challengeHead = 56

// challenge is what a client reads in the second message, [MS-NLMP] 2.2.1.2.
type challenge struct {
	flags  Flags
	nonce  []byte
	target avPairs
}

func parseChallenge(b []byte) (challenge, error) {
	if err := checkHeader(b, 2, 48); err != nil {
		return challenge{}, err
	}
	c := challenge{flags: Flags(binary.LittleEndian.Uint32(b[20:])), nonce: b[24:32]}
	if c.flags&Unicode == 0 {
		return challenge{}, fmt.Errorf("no Unicode granted (flags %#08x)", uint32(c.flags))
	}
	if _, _, err := field(b, 12, "the target name"); err != nil {
		return challenge{}, err
	}
	info, _, err := field(b, 40, "the target info")
	if err != nil || len(info) == 0 {
		return c, err
	}
	if c.target, err = parsePairs(info); err != nil {
		return challenge{}, fmt.Errorf("target info: %w", err)
	}
	return c, nil
}

// Server describes a server in its challenges.
type Server struct {
	NetBIOSDomain, NetBIOSComputer, DNSDomain, DNSComputer string
}

// NewChallenge is the second message: a nonce of eight bytes, and who the server is. Unicode is granted also to clients that
// ask for OEM alone in their first message, as some do who then speak Unicode.
func (s Server) NewChallenge(asked Flags, nonce [8]byte, now time.Time) []byte {
	target := avPairs{
		{avNetBIOSDomain, utf16le(s.NetBIOSDomain)},
		{avNetBIOSComputer, utf16le(s.NetBIOSComputer)},
		{avDNSDomain, utf16le(s.DNSDomain)},
		{avDNSComputer, utf16le(s.DNSComputer)},
		{avTimestamp, binary.LittleEndian.AppendUint64(nil, fileTime(now))},
	}
	p := payload{at: challengeHead}
	b := p.add(header(2), utf16le(s.NetBIOSDomain))
	b = binary.LittleEndian.AppendUint32(b, uint32(asked&serverFlags|Unicode|TargetInfo|TargetDomain))
	b = append(append(b, nonce[:]...), make([]byte, 8)...)
	b = p.add(b, target.marshal())
	return append(append(b, version...), p.data...)
}
