package exchange

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// loginPause is how long a process does not try a login again that it was refused.
const loginPause = 5 * time.Minute

// settleWithin bounds how long an answer waits for what it says of the login to be
// stored. What is not stored counts as refused for a while.
const settleWithin = 5 * time.Second

// Credentials is the account whose logins are guarded.
type Credentials struct {
	User     string
	Password func() (string, error) // or a keytab; read for every request, so that a corrected one is taken up
	Logins   Logins                 // nil: this process counts alone
}

// login guards the service account against being locked out. Until a login is proven
// in this process its requests go one at a time, and each is counted in the store
// before it is sent: all processes together make at most three in ten minutes that
// are refused, or whose answer is not known.
type login struct {
	account Credentials
	name    func(user, password string) (string, error) // of the credential; slow
	probe   chan struct{}                               // of one place: the request that tries the login

	mu       sync.Mutex
	password string // that credential names
	version  version
}

// version is what is known of one version of the password.
type version struct {
	credential string
	proven     bool
	until      time.Time // not tried before
	refused    bool      // when it was last tried
	waits      bool      // for the store
}

func newLogin(account Credentials) *login {
	if account.Logins == nil {
		account.Logins = newMemory()
	}
	return &login{account: account, name: credentialName, probe: make(chan struct{}, 1)}
}

// enter asks to send a request. Call leave with its error, once.
func (l *login) enter(ctx context.Context) (leave func(error), err error) {
	password, err := l.account.Password()
	if err != nil {
		return func(error) {}, nil // nothing will be sent, and the client says why
	}
	v, err := l.state(password)
	if err != nil {
		return nil, err
	}
	if v.proven {
		return l.proved(ctx, v.credential), nil
	}
	select {
	case l.probe <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	settle, err := l.try(ctx, password)
	if err != nil {
		<-l.probe
		return nil, err
	}
	return func(err error) { settle(err); <-l.probe }, nil
}

// try counts a request in that tries the login, if it is still to be tried.
func (l *login) try(ctx context.Context, password string) (leave func(error), err error) {
	v, err := l.state(password)
	if err != nil {
		return nil, err
	}
	if v.proven {
		return l.proved(ctx, v.credential), nil
	}
	id := rand.Text()
	l.learn(v.credential, func(v *version) { v.waits = true })
	notBefore, err := reserve(ctx, l.account.Logins, v.credential, id)
	l.learn(v.credential, func(v *version) { v.waits = false })
	if err != nil {
		return nil, err
	}
	if !notBefore.IsZero() {
		l.learn(v.credential, func(v *version) { v.refused, v.until = true, notBefore })
		return nil, l.refusal(notBefore)
	}
	return l.tried(ctx, v.credential, id), nil
}

// state is what is known of a password. Its error is that it is not to be tried.
func (l *login) state(password string) (version, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.version.credential == "" || password != l.password {
		credential, err := l.name(l.account.User, password)
		if err != nil {
			return version{}, err
		}
		l.password, l.version = password, version{credential: credential}
	}
	if time.Until(l.version.until) > 0 {
		return version{}, l.refusal(l.version.until)
	}
	return l.version, nil
}

// refusal is the fault of a request that is not sent.
func (l *login) refusal(until time.Time) error {
	return &ewsaffinity.Fault{Code: ewsaffinity.CodeRefusedLogin, BackOff: time.Until(until), Text: l.refused(until)}
}

func (l *login) refused(until time.Time) string {
	return fmt.Sprintf("Exchange refused the login of %s; the next try is at %s", l.account.User, until.Local().Format(time.TimeOnly))
}

// learn notes something about a credential, unless another is in use meanwhile.
func (l *login) learn(credential string, note func(*version)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.version.credential == credential {
		note(&l.version)
	}
}

// tried takes the outcome of a request that was counted. It goes on to count when it
// was refused, or when no answer says that it was not.
func (l *login) tried(ctx context.Context, credential, id string) func(error) {
	return func(err error) {
		settle := withdraw
		switch verdict(err) {
		case loginRefused:
			l.learn(credential, func(v *version) { v.refused, v.until = true, time.Now().Add(loginPause) })
			settle = refuse
		case loginUnknown:
			settle = refuse
		case loginAccepted:
			l.learn(credential, func(v *version) { v.proven, v.refused = true, false })
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
		defer cancel()
		_ = settle(ctx, l.account.Logins, credential, id)
	}
}

// proved takes the outcome of a request with a login that was good: it may not be any
// more. Several may be under way then, and all of them count.
func (l *login) proved(ctx context.Context, credential string) func(error) {
	return func(err error) {
		if verdict(err) != loginRefused {
			return
		}
		l.learn(credential, func(v *version) { v.proven, v.refused, v.until = false, true, time.Now().Add(loginPause) })
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
		defer cancel()
		_ = refuse(ctx, l.account.Logins, credential, rand.Text())
	}
}

// trouble says why nothing is asked of Exchange; empty: the login is not why.
func (l *login) trouble() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch v := l.version; {
	case time.Until(v.until) > 0:
		return l.refused(v.until)
	case v.waits:
		return fmt.Sprintf("the login of %s waits for the count of refused logins in NATS", l.account.User)
	case v.refused:
		return fmt.Sprintf("Exchange refused the login of %s; the next request tries it again", l.account.User)
	}
	return ""
}

// What an answer says of the login.
const (
	loginUnknown  = iota // the request may have arrived, but no answer came
	loginRefused         // 401, or the KDC refuses
	loginAccepted        // EWS itself answered
	loginUntried         // nothing was sent, or something in front of EWS answered
)

// verdict reads an answer.
func verdict(err error) int {
	var e *ewssoap.Error
	switch {
	case err == nil:
		return loginAccepted
	case !errors.As(err, &e):
		return loginUnknown
	case e.HTTPStatus == http.StatusUnauthorized || errors.Is(e.Err, httpauth.ErrRefused):
		return loginRefused
	case (e.HTTPStatus == http.StatusOK || e.HTTPStatus == http.StatusInternalServerError) && e.Code != ewssoap.ConditionNotSOAP:
		return loginAccepted
	case e.HTTPStatus != 0:
		return loginUntried
	}
	switch e.Code {
	case ewssoap.ConditionDNSNotFound, ewssoap.ConditionDNS, ewssoap.ConditionRefused, ewssoap.ConditionConnectTimeout,
		ewssoap.ConditionTLS, ewssoap.ConditionAuthorizer, ewssoap.ConditionRequest:
		return loginUntried
	}
	return loginUnknown
}
