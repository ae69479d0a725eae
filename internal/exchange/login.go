package exchange

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// loginPause is how long a refused login is not tried again: three tries within
// ten minutes are what lock-out policies put up with.
const loginPause = 5 * time.Minute

// login guards the service account against being locked out by this process.
// Until a login is proven requests go one at a time, and after a refusal none
// goes for loginPause.
type login struct {
	probe chan struct{} // of one place: the request that tries the login

	mu     sync.Mutex
	proven bool
	until  time.Time
}

func newLogin() *login { return &login{probe: make(chan struct{}, 1)} }

// enter asks to send a request. Call leave with its error, once.
func (l *login) enter(ctx context.Context) (leave func(error), err error) {
	if proven, err := l.state(); proven || err != nil {
		return l.learn, err
	}
	select {
	case l.probe <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	release := func() { <-l.probe }
	if proven, err := l.state(); proven || err != nil {
		release()
		return l.learn, err
	}
	return func(err error) { l.learn(err); release() }, nil
}

func (l *login) state() (proven bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := time.Until(l.until); wait > 0 {
		return false, &ewsaffinity.Fault{Code: ewsaffinity.CodeRefusedLogin, BackOff: wait,
			Text: fmt.Sprintf("Exchange refused the login; the next try is at %s", l.until.Format(time.TimeOnly))}
	}
	return l.proven, nil
}

// learn takes a request's outcome: refused, proven, or neither.
func (l *login) learn(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch refused, accepted := verdict(err); {
	case refused:
		l.proven, l.until = false, time.Now().Add(loginPause)
	case accepted:
		l.proven, l.until = true, time.Time{}
	}
}

// verdict reads an answer: 401 refuses, an answer of EWS itself accepts, and a
// status of what stands in front of it says nothing.
func verdict(err error) (refused, accepted bool) {
	var e *ewssoap.Error
	if !errors.As(err, &e) {
		return false, err == nil
	}
	fromEWS := e.HTTPStatus == http.StatusOK || e.HTTPStatus == http.StatusInternalServerError
	return e.HTTPStatus == http.StatusUnauthorized, fromEWS && e.Code != ewssoap.ConditionNotSOAP
}
