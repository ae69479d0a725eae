package ntlm

import (
	"encoding/binary"
	"fmt"
	"time"
)

const (
	authenticateHead = 88 // the fixed part with version and MIC
	micAt            = 72
	micSize          = 16
)

// Login is what a client needs to answer a challenge.
type Login struct {
	User, Domain, Password, Workstation string
	SPN                                 string   // the service that is meant, for MsvAvTargetName
	Binding                             [16]byte // the MD5 of the channel bindings; zeros: none
	Nonce                               [8]byte  // random
	Now                                 time.Time
}

// NewAuthenticate answers the challenge with the third message, [MS-NLMP] 2.2.1.3. The time is the server's, if it gave one.
func (l Login) NewAuthenticate(negotiate, challengeMessage []byte) ([]byte, error) {
	c, err := parseChallenge(challengeMessage)
	if err != nil {
		return nil, err
	}
	timestamp := c.target.get(avTimestamp)
	if len(timestamp) != 8 {
		timestamp = binary.LittleEndian.AppendUint64(nil, fileTime(l.Now))
	}
	target := c.target.
		with(avFlags, binary.LittleEndian.AppendUint32(nil, c.target.flags()|flagMIC)).
		with(avChannelBindings, l.Binding[:]).
		with(avTargetName, utf16le(l.SPN))
	blob := clientBlob(l.Nonce, timestamp, target)
	proof, key := prove(responseKey(l.User, l.Domain, l.Password), c.nonce, blob)
	b := l.marshal(c.flags&clientFlags&^OEM|TargetInfo, append(proof, blob...))
	if len(b) > maxMessage {
		return nil, fmt.Errorf("the answer would have %d bytes, at most %d are sent", len(b), maxMessage)
	}
	copy(b[micAt:], integrityCode(key, negotiate, challengeMessage, b))
	return b, nil
}

// marshal is the message without its MIC. The LM response is zeros, as beside an NTLMv2 response to a server with a clock.
func (l Login) marshal(flags Flags, response []byte) []byte {
	p := payload{at: authenticateHead}
	b := p.add(header(3), make([]byte, 24))
	b = p.add(b, response)
	b = p.add(b, utf16le(l.Domain))
	b = p.add(b, utf16le(l.User))
	b = p.add(b, utf16le(l.Workstation))
	b = p.add(b, nil)
	b = binary.LittleEndian.AppendUint32(b, uint32(flags))
	b = append(append(b, version...), make([]byte, micSize)...)
	return append(b, p.data...)
}
