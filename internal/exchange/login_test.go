package exchange

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

var (
	refused  = &ewssoap.Error{Code: "HTTP 401", HTTPStatus: 401}
	balancer = &ewssoap.Error{Code: "HTTP 503", HTTPStatus: 503}
	rejected = &ewssoap.Error{Code: "ErrorNonExistentMailbox", HTTPStatus: 200}
	unheard  = &ewssoap.Error{Code: ewssoap.ConditionTimeout}
	down     = &ewssoap.Error{Code: ewssoap.ConditionRefused}
)

// A KDC refuses passwords before Exchange sees any; that it is away says nothing of them.
func TestAPasswordThatTheKDCRefusesIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		reason error
		want   ewsaffinity.Code
		sent   int
	}{
		"refused": {fmt.Errorf("ticket: %w", httpauth.ErrRefused), ewsaffinity.CodeRefusedLogin, 1},
		"away":    {errors.New("no KDC"), ewsaffinity.CodeAuthorizer, 3},
	} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			client := ewssoap.NewClient(ewssoap.Options{Calls: transport(func(*http.Request) (*http.Response, error) {
				sent++
				return nil, &httpauth.LoginError{Host: "mail", Scheme: "Negotiate", Err: tt.reason}
			})})
			s := &secret{word: "wrong"}
			a := New(Config{Account: &Credentials{User: "svc", Password: s.read}}, client)
			for range 3 {
				_, err := a.Subscribe(t.Context(), messages.Place{URL: "https://mail/ews"}, "anna@contoso.com")
				var fault *ewsaffinity.Fault
				if !errors.As(err, &fault) || fault.Code != tt.want {
					t.Errorf("have %v, want %s", err, tt.want)
				}
			}
			if sent != tt.sent {
				t.Errorf("sent %d times, want %d", sent, tt.sent)
			}
		})
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// directory is who knows the right password: Exchange's side of the logins.
type directory struct {
	mu      sync.Mutex
	right   string
	takes   time.Duration // an answer
	sent    int
	refused []time.Time
}

// answer is to a request with a password.
func (d *directory) answer(password string) error {
	time.Sleep(d.takes)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent++
	if password == d.right {
		return nil
	}
	d.refused = append(d.refused, time.Now())
	return refused
}

// wantFew wants at most three refused logins in any ten minutes.
func (d *directory) wantFew(t *testing.T) {
	t.Helper()
	for i, from := range d.refused {
		n := 0
		for _, at := range d.refused[i:] {
			if at.Sub(from) < 10*time.Minute {
				n++
			}
		}
		if n > 3 {
			t.Errorf("%d logins were refused within ten minutes: %v", n, d.refused)
			return
		}
	}
}

// secret is a password that can be corrected while processes run.
type secret struct {
	mu   sync.Mutex
	word string
}

func (s *secret) read() (string, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.word, nil }
func (s *secret) set(word string)       { s.mu.Lock(); defer s.mu.Unlock(); s.word = word }

// guard is a process that logs in.
func guard(s *secret, logins Logins) *login {
	l := newLogin(Credentials{User: "svc", Password: s.read, Logins: logins})
	l.name = func(user, password string) (string, error) { return user + password, nil } // quick
	return l
}

// ask makes one request of a process, if it may.
func ask(l *login, s *secret, d *directory) error {
	leave, err := l.enter(context.Background())
	if err != nil {
		return err
	}
	word, _ := s.read()
	err = d.answer(word)
	leave(err)
	return err
}

// try makes n requests at a time, all answered alike after a second, and returns how
// many were sent.
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
			time.Sleep(time.Second)
			leave(answer)
		})
	}
	trying.Wait()
	return sent
}

// Three processes, each restarted again and again, with one wrong password.
func TestAWrongPasswordIsTriedThriceInTenMinutesByAllProcesses(t *testing.T) {
	for _, takes := range []time.Duration{time.Second, time.Minute} {
		t.Run("answers take "+takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				logins, d, s := newMemory(), &directory{right: "right", takes: takes}, &secret{word: "wrong"}
				var running sync.WaitGroup
				for process := range 3 {
					running.Go(func() {
						for range 12 { // lives
							l := guard(s, logins)
							for began := time.Now(); time.Since(began) < time.Duration(4+2*process)*time.Minute; time.Sleep(time.Second) {
								_ = ask(l, s, d)
							}
						}
					})
				}
				running.Wait()
				d.wantFew(t)
				if len(d.refused) < 12 { // in an hour and a half
					t.Errorf("tried %d times only", len(d.refused))
				}
			})
		})
	}
}

func TestACorrectedPasswordIsTriedAtOnceByAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logins, d, s := newMemory(), &directory{right: "right"}, &secret{word: "wrong"}
		processes := []*login{guard(s, logins), guard(s, logins), guard(s, logins)}
		for range 5 {
			for _, l := range processes {
				_ = ask(l, s, d)
			}
		}
		if len(d.refused) != 3 {
			t.Fatalf("%d refused, want 3", len(d.refused))
		}
		for _, l := range processes {
			if have := l.trouble(); !strings.Contains(have, "refused the login of svc") || !strings.Contains(have, "next try") {
				t.Errorf("trouble: have %q", have)
			}
		}
		time.Sleep(11 * time.Minute)
		for _, l := range processes {
			if have := l.trouble(); !strings.Contains(have, "refused the login of svc") {
				t.Errorf("trouble before the next try: have %q", have)
			}
		}
		for _, l := range processes { // the three tries are used up again
			_ = ask(l, s, d)
		}
		s.set("right")
		for i, l := range processes {
			if err := ask(l, s, d); err != nil {
				t.Errorf("process %d: %v", i+1, err)
			}
			if have := l.trouble(); have != "" {
				t.Errorf("trouble: have %q, want none", have)
			}
		}
	})
}

// A login that went well takes back its own reservation, so that it does not keep the
// next process from starting.
func TestGoodLoginsAreNotCounted(t *testing.T) {
	for what, answer := range map[string]error{"answered": nil, "a mailbox refused": rejected, "the balancer answered": balancer, "no connection": down} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				logins, s := newMemory(), &secret{word: "right"}
				for i := range 5 {
					if n := try(guard(s, logins), 1, answer); n != 1 {
						t.Fatalf("process %d was not let in", i+1)
					}
				}
			})
		})
	}
}

func TestAnAttemptWithoutAnAnswerCounts(t *testing.T) {
	crash := func(l *login) bool { _, err := l.enter(context.Background()); return err == nil }
	timeout := func(l *login) bool { return try(l, 1, unheard) == 1 }
	for what, attempt := range map[string]func(*login) bool{"the process died": crash, "the answer never came": timeout} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				logins, s, began := newMemory(), &secret{word: "any"}, time.Now()
				for range 3 {
					if !attempt(guard(s, logins)) {
						t.Fatal("not let in")
					}
				}
				for !attempt(guard(s, logins)) {
					time.Sleep(time.Minute)
				}
				if have := time.Since(began); have < 10*time.Minute || have > 11*time.Minute {
					t.Errorf("the fourth came after %s, want ten minutes", have)
				}
			})
		})
	}
}

func TestAFaultSaysWhenTheLoginIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := guard(&secret{word: "wrong"}, nil)
		try(l, 1, refused)
		_, err := l.enter(t.Context())
		var fault *ewsaffinity.Fault
		if !errors.As(err, &fault) || fault.Code != ewsaffinity.CodeRefusedLogin || fault.BackOff != loginPause {
			t.Errorf("want a refused login with the time left, have %v", err)
		}
	})
}

func TestAProvenLoginDoesNotHoldRequestsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, proof := range []error{nil, rejected} {
			l := guard(&secret{word: "right"}, nil)
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

// What is refused to a process whose login was good counts for all.
func TestAPasswordThatChangesOnTheServerIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logins, s := newMemory(), &secret{word: "right"}
		l := guard(s, logins)
		try(l, 1, nil)
		if n := try(l, 3, refused); n != 3 { // under way together
			t.Fatalf("%d sent, want 3", n)
		}
		if n := try(guard(s, logins), 1, refused); n != 0 {
			t.Error("another process tries it a fourth time")
		}
	})
}

// A password that cannot be read was never sent: Exchange refused nothing.
func TestAPasswordThatCannotBeReadIsNoRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unreadable := true
		l := newLogin(Credentials{User: "svc", Password: func() (string, error) {
			if unreadable {
				return "", errors.New("no such file")
			}
			return "right", nil
		}})
		for range 5 {
			try(l, 1, &ewssoap.Error{Code: ewssoap.ConditionAuthorizer})
		}
		unreadable = false
		if n := try(l, 1, nil); n != 1 {
			t.Error("the next request was held up as after a refused login")
		}
	})
}

func TestUnprovenRequestsGoOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := guard(&secret{word: "right"}, nil)
		began := time.Now()
		if n := try(l, 3, balancer); n != 3 || time.Since(began) != 3*time.Second {
			t.Errorf("%d of 3 requests in %s, want one after another", n, time.Since(began))
		}
	})
}

// away is a store that cannot be reached.
type away struct{ Logins }

func (away) Load(ctx context.Context, _ string) ([]byte, uint64, error) {
	<-ctx.Done()
	return nil, 0, ctx.Err()
}

func TestWithoutTheStoreAnUnprovenLoginWaitsAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := guard(&secret{word: "right"}, away{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		entered := make(chan error, 1)
		go func() { _, err := l.enter(ctx); entered <- err }()
		time.Sleep(time.Minute)
		if have := l.trouble(); !strings.Contains(have, "waits for the count of refused logins") {
			t.Errorf("trouble: have %q", have)
		}
		if err := <-entered; err != context.DeadlineExceeded {
			t.Errorf("entered with %v, want it to wait for its context", err)
		}
	})
}

func TestACredentialsNameTellsAccountsAndVersionsApart(t *testing.T) {
	names := map[string]bool{}
	for _, c := range [][2]string{{"svc", "one"}, {"svc", "two"}, {"other", "one"}} {
		n, err := credentialName(c[0], c[1])
		if err != nil || len(n) != 16+1+4 || strings.Contains(n, c[1]) {
			t.Errorf("%v: have %q, %v", c, n, err)
		}
		names[n] = true
	}
	if upper, _ := credentialName("SVC", "one"); len(names) != 3 || !names[upper] {
		t.Errorf("have %v, want three, and SVC to be svc: %s", names, upper)
	}
}
