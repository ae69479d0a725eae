package messages

import (
	"fmt"
	"strings"
	"unicode"
)

// Address is a mailbox's SMTP address in lower case. Build it with [ParseAddress].
// Addresses are ordered by their bytes; the first of a group is its anchor.
type Address string

// maxAddressLength is the longest SMTP path of RFC 5321 without its brackets.
const maxAddressLength = 254

// ParseAddress lowers and checks an SMTP address. It asks for what routing and
// subjects need: a local part, a domain without empty labels, no white space or
// control characters. Whether the mailbox exists is Autodiscover's to say.
func ParseAddress(s string) (Address, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	at := strings.LastIndexByte(s, '@')
	switch {
	case s == "":
		return "", fmt.Errorf("empty address: write it as name@example.com")
	case at < 0:
		return "", fmt.Errorf("address %q has no domain: write it as name@example.com", s)
	case at == 0:
		return "", fmt.Errorf("address %q has nothing before the @: write it as name@example.com", s)
	case len(s) > maxAddressLength:
		return "", fmt.Errorf("address %.40q… has %d bytes: at most %d are allowed", s, len(s), maxAddressLength)
	}
	for _, label := range strings.Split(s[at+1:], ".") {
		if label == "" {
			return "", fmt.Errorf("address %q has an empty part in its domain: write it as name@example.com", s)
		}
	}
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar {
			return "", fmt.Errorf("address %q holds the character %q, which no mailbox address has", s, r)
		}
	}
	return Address(s), nil
}

// Domain is what follows the last @.
func (a Address) Domain() string { return string(a[strings.LastIndexByte(string(a), '@')+1:]) }

// Local is what precedes the last @.
func (a Address) Local() string {
	if at := strings.LastIndexByte(string(a), '@'); at >= 0 {
		return string(a[:at])
	}
	return string(a)
}

// Token is the address as two subject tokens, DOMAIN.LOCAL.
func (a Address) Token() string {
	var b [usualToken]byte
	return string(appendToken(append(appendToken(b[:0], a.Domain()), '.'), a.Local()))
}

// ParseAddressToken reverses [Address.Token].
func ParseAddressToken(token string) (Address, error) {
	domainToken, localToken, ok := strings.Cut(token, ".")
	if !ok {
		return "", fmt.Errorf("address token %q is not DOMAIN.LOCAL", token)
	}
	domain, err := ParseToken(domainToken)
	if err != nil {
		return "", err
	}
	local, err := ParseToken(localToken)
	if err != nil {
		return "", err
	}
	return ParseAddress(local + "@" + domain)
}

// UnmarshalText parses an address; encoding/json uses it, also for map keys.
func (a *Address) UnmarshalText(text []byte) error {
	parsed, err := ParseAddress(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// Redacted shows the address for logs: first letter of the local part and the domain.
func (a Address) Redacted() string {
	for _, first := range a.Local() {
		return string(first) + "***@" + a.Domain()
	}
	return "***"
}
