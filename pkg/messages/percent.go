package messages

import (
	"net/url"
	"strings"
)

// percentEncode writes an attribute as the CloudEvents HTTP and NATS bindings
// ask: space, double quote, percent and everything outside U+0021–U+007E as the
// percent-encoded bytes of its UTF-8 form.
func percentEncode(s string) string {
	clean := true
	for i := range len(s) {
		clean = clean && plainHeaderByte(s[i])
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; plainHeaderByte(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&0x0f])
		}
	}
	return b.String()
}

func plainHeaderByte(c byte) bool { return c > ' ' && c <= '~' && c != '"' && c != '%' }

// percentDecode reverses percentEncode; what is not encoded well is taken as it is.
func percentDecode(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}
