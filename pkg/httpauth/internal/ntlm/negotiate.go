package ntlm

import "encoding/binary"

// NewNegotiate is the first message of a client, [MS-NLMP] 2.2.1.1. It names neither domain nor workstation.
func NewNegotiate() []byte {
	b := binary.LittleEndian.AppendUint32(header(1), uint32(clientFlags))
	b = append(b, make([]byte, 16)...)
	return append(b, version...)
}

// ParseNegotiate reads the flags of a client's first message.
func ParseNegotiate(b []byte) (Flags, error) {
	if err := checkHeader(b, 1, 16); err != nil {
		return 0, err
	}
	return Flags(binary.LittleEndian.Uint32(b[12:])), nil
}
