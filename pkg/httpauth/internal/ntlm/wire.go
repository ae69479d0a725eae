package ntlm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
)

const signature = "NTLMSSP\x00"

// maxMessage bounds a message; the largest field has 64 KiB, and the messages met in practice have less than one.
const maxMessage = 64 << 10

// checkHeader looks at what all messages begin with.
func checkHeader(b []byte, kind uint32, least int) error {
	switch {
	case len(b) < 12 || string(b[:8]) != signature:
		return errors.New("not an NTLM message")
	case len(b) > maxMessage:
		return fmt.Errorf("%d bytes, at most %d are read", len(b), maxMessage)
	case binary.LittleEndian.Uint32(b[8:]) != kind:
		return fmt.Errorf("an NTLM message of type %d, not %d", binary.LittleEndian.Uint32(b[8:]), kind)
	case len(b) < least:
		return fmt.Errorf("%d bytes, an NTLM message of type %d has at least %d", len(b), kind, least)
	}
	return nil
}

// header begins a message.
func header(kind uint32) []byte {
	return binary.LittleEndian.AppendUint32([]byte(signature), kind)
}

// field reads the payload that the eight bytes at offset point to; start is where it lies.
func field(b []byte, offset int, name string) (value []byte, start int, err error) {
	length := int(binary.LittleEndian.Uint16(b[offset:]))
	at := uint64(binary.LittleEndian.Uint32(b[offset+4:]))
	if length == 0 {
		return nil, len(b), nil
	}
	if at+uint64(length) > uint64(len(b)) {
		return nil, 0, fmt.Errorf("%s (%d bytes from %d) lies outside the message of %d bytes", name, length, at, len(b))
	}
	return b[at : int(at)+length], int(at), nil
}

// payload collects the fields of a message behind its fixed part.
type payload struct {
	at   int
	data []byte
}

// add appends to the fixed part the eight bytes that point to the value.
func (p *payload) add(fixed, value []byte) []byte {
	fixed = binary.LittleEndian.AppendUint16(fixed, uint16(len(value)))
	fixed = binary.LittleEndian.AppendUint16(fixed, uint16(len(value)))
	fixed = binary.LittleEndian.AppendUint32(fixed, uint32(p.at+len(p.data)))
	p.data = append(p.data, value...)
	return fixed
}

// utf16le is the text as Unicode strings travel.
func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// text reads a Unicode string.
func text(b []byte, name string) (string, error) {
	if len(b)%2 != 0 {
		return "", fmt.Errorf("%s is no UTF-16 text: it has %d bytes", name, len(b))
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i < len(b); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(b[i:]))
	}
	return string(utf16.Decode(units)), nil
}
