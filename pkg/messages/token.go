package messages

import (
	"fmt"
	"strings"
)

const upperHex = "0123456789ABCDEF"

// Token encodes s as one NATS subject token: ASCII letters are lowered,
// [a-z0-9_-] stay, every other byte becomes =XX in upper-case hexadecimal. The
// result is valid in subjects and in key-value keys, and [ParseToken] reverses it.
func Token(s string) string {
	var b [usualToken]byte
	return string(appendToken(b[:0], s))
}

// usualToken is what most tokens stay below.
const usualToken = 128

func appendToken(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if plainTokenByte(c) {
			b = append(b, c)
			continue
		}
		b = append(b, '=', upperHex[c>>4], upperHex[c&0x0f])
	}
	return b
}

// ParseToken reverses [Token]. It refuses what Token never writes, so that two
// tokens never mean the same string.
func ParseToken(token string) (string, error) {
	var b strings.Builder
	b.Grow(len(token))
	for i := 0; i < len(token); i++ {
		c := token[i]
		if plainTokenByte(c) {
			b.WriteByte(c)
			continue
		}
		if c != '=' || i+2 >= len(token) {
			return "", fmt.Errorf("token %q: unexpected %q at byte %d", token, c, i)
		}
		high, low := strings.IndexByte(upperHex, token[i+1]), strings.IndexByte(upperHex, token[i+2])
		if high < 0 || low < 0 {
			return "", fmt.Errorf("token %q: %q at byte %d is not =XX in upper-case hexadecimal", token, token[i:i+3], i)
		}
		decoded := byte(high<<4 | low)
		if plainTokenByte(decoded) || 'A' <= decoded && decoded <= 'Z' {
			return "", fmt.Errorf("token %q: %q at byte %d is never escaped", token, token[i:i+3], i)
		}
		b.WriteByte(decoded)
		i += 2
	}
	return b.String(), nil
}

func plainTokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}
