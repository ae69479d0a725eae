package exchange

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

var (
	refused  = &ewssoap.Error{Code: "HTTP 401", HTTPStatus: 401}
	balancer = &ewssoap.Error{Code: "HTTP 503", HTTPStatus: 503}
	rejected = &ewssoap.Error{Code: "ErrorNonExistentMailbox", HTTPStatus: 200}
)

// try makes n requests at a time and returns how many were sent.
func try(l *login, n int, answer error) (sent int) {
	var mu sync.Mutex
	var trying sync.WaitGroup
	for range n {
		trying.Go(func() {
			leave, err := l.enter(context.Background())
			if err != nil {
				return
			}
			mu.Lock()
			sent++
			mu.Unlock()
			time.Sleep(time.Second) // the answer's way
			leave(answer)
		})
	}
	trying.Wait()
	return sent
}

func TestAWrongPasswordIsTriedThriceInTenMinutesAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogin()
		sent := 0
		for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(time.Second) {
			sent += try(l, 10, refused)
		}
		if sent == 0 || sent > 3 {
			t.Errorf("want 1 to 3 tries in ten minutes, have %d", sent)
		}
		_, err := l.enter(t.Context())
		var fault *ewsaffinity.Fault
		if !errors.As(err, &fault) || fault.Code != ewsaffinity.CodeRefusedLogin || fault.BackOff <= 0 {
			t.Errorf("want a refused login with the time left, have %v", err)
		}
	})
}

func TestAProvenLoginDoesNotHoldRequestsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, proof := range []error{nil, rejected} {
			l := newLogin()
			if n := try(l, 1, proof); n != 1 {
				t.Fatalf("%v: the first request was not sent", proof)
			}
			began := time.Now()
			if n := try(l, 10, nil); n != 10 || time.Since(began) != time.Second {
				t.Errorf("%v: %d of 10 requests in %s, want all at once", proof, n, time.Since(began))
			}
		}
	})
}

// A password that cannot be read was never sent: Exchange refused nothing.
func TestAPasswordThatCannotBeReadIsNoRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogin()
		try(l, 1, &ewssoap.Error{Code: ewssoap.ConditionAuthorizer})
		if n := try(l, 1, nil); n != 1 {
			t.Error("the next request was held up as after a refused login")
		}
	})
}

func TestAnAnswerOfTheBalancerProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogin()
		began := time.Now()
		if n := try(l, 3, balancer); n != 3 || time.Since(began) != 3*time.Second {
			t.Errorf("%d of 3 requests in %s, want one after another", n, time.Since(began))
		}
	})
}

func TestALoginThatIsRightAgainGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogin()
		try(l, 1, refused)
		time.Sleep(loginPause)
		if n := try(l, 1, nil) + try(l, 5, nil); n != 6 {
			t.Errorf("want 6 requests sent, have %d", n)
		}
	})
}
