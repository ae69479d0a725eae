package ewssoap

import (
	"context"
	"net/http"
)

// An Authorizer puts credentials on a request just before it is sent. It must not keep the request, and may be called
// by several goroutines at once.
type Authorizer interface {
	Authorize(*http.Request) error
}

type authorizerFunc func(*http.Request) error

func (f authorizerFunc) Authorize(r *http.Request) error { return f(r) }

// BasicAuth authenticates as user. The password is asked for each request, so that a rotated secret is used from then on.
func BasicAuth(user string, password func() (string, error)) Authorizer {
	return authorizerFunc(func(r *http.Request) error {
		secret, err := password()
		if err != nil {
			return err
		}
		r.SetBasicAuth(user, secret)
		return nil
	})
}

// BearerAuth authenticates with an OAuth access token, asked for each request with the context of the call. Caching and
// renewing it is the caller's part.
func BearerAuth(token func(context.Context) (string, error)) Authorizer {
	return authorizerFunc(func(r *http.Request) error {
		secret, err := token(r.Context())
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		return nil
	})
}
