package ewssoap

import (
	"fmt"
	"io"
)

// redacted stands for a secret wherever one would be printed.
const redacted = "REDACTED"

// Cookie is the value of a cookie that leads requests to one server, see [Affinity]. It is opaque: kept and sent back byte
// by byte. It redacts itself when printed, logged or encoded; [Cookie.Value] gives it in clear.
type Cookie string

// Value returns the cookie's value in clear.
func (c Cookie) Value() string { return string(c) }

// String tells only whether there is a cookie.
func (c Cookie) String() string {
	if c == "" {
		return ""
	}
	return redacted
}

// Format prints what String says, whatever the verb.
func (c Cookie) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.String()) }

// MarshalText encodes what String says, so that no log or JSON document shows the value by accident.
func (c Cookie) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
