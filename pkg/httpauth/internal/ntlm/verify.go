package ntlm

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
)

// Reasons to refuse a login. The others are of a message that cannot be read.
var (
	ErrPassword  = errors.New("unknown user or wrong password")
	ErrBinding   = errors.New("the channel binding is not that of the server's certificate")
	ErrNoBinding = errors.New("a channel binding is required, and none was sent")
	ErrOldNTLM   = errors.New("NTLMv1 and LM are refused, and so is an anonymous login")
	ErrMIC       = errors.New("the integrity code does not fit the three messages")
)

// Answer is the third message as a server reads it.
type Answer struct {
	User, Domain, Workstation string
	SPN                       string // what the client meant to reach, from MsvAvTargetName

	message  []byte
	flags    Flags
	response []byte // NTProofStr and the blob
	target   avPairs
	key      []byte // encrypted
	hasMIC   bool   // there is room for it
}

// ParseAuthenticate reads the third message. One with an NTLMv1 response gives ErrOldNTLM.
func ParseAuthenticate(b []byte) (*Answer, error) {
	if err := checkHeader(b, 3, 64); err != nil {
		return nil, err
	}
	a := &Answer{message: b, flags: Flags(binary.LittleEndian.Uint32(b[60:]))}
	if a.flags&Unicode == 0 {
		return nil, fmt.Errorf("no Unicode (flags %#08x)", uint32(a.flags))
	}
	if err := a.readFields(b); err != nil {
		return nil, err
	}
	const proofAndHead = 16 + 28
	if a.User == "" || len(a.response) <= 24 {
		return nil, ErrOldNTLM
	}
	if len(a.response) < proofAndHead+4 || !bytes.HasPrefix(a.response[16:], []byte{1, 1}) {
		return nil, fmt.Errorf("a response of %d bytes that is none of NTLMv2", len(a.response))
	}
	var err error
	if a.target, err = parsePairs(a.response[proofAndHead:]); err != nil {
		return nil, err
	}
	if v := a.target.get(avChannelBindings); v != nil && len(v) != md5.Size {
		return nil, fmt.Errorf("a channel binding of %d bytes, not %d", len(v), md5.Size)
	}
	a.SPN, err = text(a.target.get(avTargetName), "the target name")
	return a, err
}

func (a *Answer) readFields(b []byte) error {
	names := []string{"LM response", "response", "domain", "user", "workstation", "session key"}
	values := make([][]byte, len(names))
	a.hasMIC = true
	for i, name := range names {
		value, start, err := field(b, 12+8*i, "the "+name)
		if err != nil {
			return err
		}
		values[i], a.hasMIC = value, a.hasMIC && start >= authenticateHead
	}
	a.response, a.key = values[1], values[5]
	for i, to := range []*string{&a.Domain, &a.User, &a.Workstation} {
		var err error
		if *to, err = text(values[2+i], "the "+names[2+i]); err != nil {
			return err
		}
	}
	return nil
}

// Binding is the channel binding that was sent, zeros if none.
func (a *Answer) Binding() (hash [16]byte) {
	copy(hash[:], a.target.get(avChannelBindings))
	return hash
}

// Check verifies that the answer was made with the password, for this challenge, and that nobody changed the messages.
func (a *Answer) Check(negotiate, challengeMessage []byte, password string) error {
	proof, key := prove(responseKey(a.User, a.Domain, password), challengeMessage[24:32], a.response[16:])
	if !hmac.Equal(proof, a.response[:16]) {
		return ErrPassword
	}
	if a.target.flags()&flagMIC == 0 {
		return nil
	}
	if !a.hasMIC {
		return ErrMIC
	}
	if a.flags&KeyExchange != 0 {
		var err error
		if key, err = exchangedKey(key, a.key); err != nil {
			return err
		}
	}
	zeroed := bytes.Clone(a.message)
	clear(zeroed[micAt : micAt+micSize])
	if !hmac.Equal(integrityCode(key, negotiate, challengeMessage, zeroed), a.message[micAt:micAt+micSize]) {
		return ErrMIC
	}
	return nil
}
