package httpauth

import (
	"errors"
	"fmt"
)

// ErrRefused is, by [errors.Is], what the error of a [Mechanism] is whose credentials were refused by who else than the
// server, such as a KDC. It counts like a refused login.
var ErrRefused = errors.New("the credentials are refused")

// LoginError says why a login could not be made: a secret that cannot be read, a KDC that gives no ticket, a challenge that
// is broken, a server that does not prove itself. A 401 is none.
type LoginError struct {
	Host   string // host and port as in the URL
	Scheme string
	Err    error
}

// Error names host and scheme.
func (e *LoginError) Error() string {
	return fmt.Sprintf("httpauth: login to %s by %s: %v", e.Host, e.Scheme, e.Err)
}

// Unwrap returns the reason.
func (e *LoginError) Unwrap() error { return e.Err }

// LoginFailed tells a failed login from a failed connection to those who do not know this package.
func (*LoginError) LoginFailed() {}
