package messages

import "net/url"

// appendPercent appends an attribute as the CloudEvents HTTP and NATS bindings
// ask: space, double quote, percent and everything outside U+0021–U+007E as the
// percent-encoded bytes of its UTF-8 form.
func appendPercent(b []byte, s string) []byte {
	plain := 0
	for plain < len(s) && plainHeaderByte(s[plain]) {
		plain++
	}
	b = append(b, s[:plain]...)
	for _, c := range []byte(s[plain:]) {
		if plainHeaderByte(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&0x0f])
		}
	}
	return b
}

func plainHeaderByte(c byte) bool { return c > ' ' && c <= '~' && c != '"' && c != '%' }

// percentDecode reverses appendPercent; what is not encoded well is taken as it is.
func percentDecode(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}
