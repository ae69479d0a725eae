package autodiscover_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

// A story: answers change, time passes, and each call asks what is listed.
func TestTheServiceThatAnsweredIsKept(t *testing.T) {
	busy := answered("ServerBusy", "")
	type step struct {
		after   time.Duration
		replies map[string]reply
		asked   []string
		outcome string
	}
	onward := func(first ...string) []string { return append(first, get, dns) }
	stories := map[string][]step{
		"as long as it works": {
			{0, nil, []string{apex, sub}, "ok"}, {0, nil, []string{sub}, "ok"}, {1000 * time.Hour, nil, []string{sub}, "ok"}},
		"gone: the others at once": {
			{0, nil, []string{apex, sub}, "ok"},
			{time.Minute, map[string]reply{sub: status(404), apex: settings()}, []string{sub, apex}, "ok"}, {0, nil, []string{apex}, "ok"}},
		"gone everywhere: its own failure, and it is kept": {
			{0, nil, []string{apex, sub}, "ok"},
			{time.Minute, map[string]reply{sub: status(410), apex: status(503)}, append(onward(sub, apex), xml(sub)), "HTTP 410"},
			{time.Minute, map[string]reply{sub: settings()}, []string{sub}, "ok"}},
		"no connection: within the hour as it is": {
			{0, nil, []string{apex, sub}, "ok"},
			{59 * time.Minute, map[string]reply{sub: broken, apex: settings()}, []string{sub}, "reset"},
			{time.Minute, nil, []string{sub, apex}, "ok"}, {0, nil, []string{apex}, "ok"}},
		"no connection, a refresh in vain: not for another hour": {
			{0, nil, []string{apex, sub}, "ok"},
			{time.Hour, map[string]reply{sub: broken}, onward(sub, apex), "reset"},
			{59 * time.Minute, nil, []string{sub}, "reset"},
			{time.Minute, nil, onward(sub, apex), "reset"},
			{0, map[string]reply{sub: settings()}, []string{sub}, "ok"}},
		"busy: the third time": {
			{0, nil, []string{apex, sub}, "ok"},
			{time.Minute, map[string]reply{sub: busy, apex: settings()}, []string{sub}, "ServerBusy"},
			{time.Minute, nil, []string{sub}, "ServerBusy"},
			{time.Minute, nil, []string{sub, apex}, "ok"}, {0, nil, []string{apex}, "ok"}},
		"failing: the third time": {
			{0, map[string]reply{sub: answered("InternalServerError", "")}, []string{apex, sub}, "InternalServerError"},
			{time.Minute, map[string]reply{apex: settings()}, []string{sub}, "InternalServerError"},
			{time.Minute, nil, []string{sub, apex}, "ok"}},
		"busy, but not in a row": {
			{0, nil, []string{apex, sub}, "ok"},
			{time.Minute, map[string]reply{sub: busy, apex: settings()}, []string{sub}, "ServerBusy"},
			{time.Minute, map[string]reply{sub: status(503)}, []string{sub}, "HTTP 503"},
			{time.Minute, map[string]reply{sub: settings()}, []string{sub}, "ok"},
			{time.Minute, map[string]reply{sub: busy}, []string{sub}, "ServerBusy"},
			{time.Minute, nil, []string{sub}, "ServerBusy"}},
		"busy when it is found": {
			{0, map[string]reply{sub: busy}, []string{apex, sub}, "ServerBusy"},
			{time.Minute, map[string]reply{apex: settings()}, []string{sub}, "ServerBusy"},
			{time.Minute, nil, []string{sub, apex}, "ok"}},
		"a refused batch is an answer": {
			{0, map[string]reply{sub: answered("InvalidRequest", "")}, []string{apex, sub}, "InvalidRequest"},
			{0, nil, []string{sub}, "InvalidRequest"}},
		"a refused login changes nothing": {
			{0, nil, []string{apex, sub}, "ok"},
			{2 * time.Hour, map[string]reply{sub: status(401), apex: settings()}, []string{sub}, "HTTP 401"},
			{0, map[string]reply{sub: settings()}, []string{sub}, "ok"}},
		"denied: elsewhere after an hour, but not at the same host": {
			{0, nil, []string{apex, sub}, "ok"},
			{59 * time.Minute, map[string]reply{sub: status(403), xml(sub): poxPlace}, []string{sub}, "HTTP 403"},
			{time.Minute, nil, onward(sub, apex), "HTTP 403"},
			{time.Hour, map[string]reply{apex: settings()}, []string{sub, apex}, "ok"}},
		"a redirect is remembered": {
			{0, map[string]reply{sub: to(mail), mail: settings()}, []string{apex, sub, mail}, "ok"}, {0, nil, []string{mail}, "ok"},
			{0, map[string]reply{mail: to(sub), sub: settings()}, []string{mail, sub}, "ok"}, {0, nil, []string{sub}, "ok"}},
		"plain XML for an hour": {
			{0, map[string]reply{sub: status(404), xml(sub): poxPlace}, append(onward(apex, sub), xml(sub)), "ok"},
			{59 * time.Minute, nil, []string{xml(sub)}, "ok"},
			{time.Minute, map[string]reply{sub: settings()}, []string{apex, sub}, "ok"}},
		"SOAP no more: plain XML at the same host": {
			{0, nil, []string{apex, sub}, "ok"},
			{0, map[string]reply{sub: status(404), xml(sub): poxPlace}, append(onward(sub, apex), xml(sub)), "ok"}},
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			n, time := on(map[string]reply{sub: settings()}), newClock()
			c := n.client(autodiscover.Options{Now: time.Now})
			for i, s := range story {
				time.pass(s.after)
				for url, r := range s.replies {
					n.set(url, r)
				}
				_, err := c.Discover(t.Context(), anna)
				equal(t, fmt.Sprint("step ", i), n.taken(), s.asked)
				if outcome(err) != s.outcome {
					t.Errorf("step %d: have %v, want %s", i, err, s.outcome)
				}
			}
		})
	}
}

// Nor is what it redirects to taken for it.
func TestAConfiguredServiceIsNeverGivenUp(t *testing.T) {
	n, time := on(map[string]reply{mail: settings(), apex: settings()}), newClock()
	c := n.client(autodiscover.Options{URL: mail, Now: time.Now})
	for _, r := range []reply{settings(), status(404), broken, answered("ServerBusy", ""), answered("ServerBusy", ""), answered("ServerBusy", ""), settings()} {
		n.set(mail, r)
		time.pass(2 * refresh)
		_, _ = c.Discover(t.Context(), anna)
		equal(t, "asked", n.taken(), []string{mail})
	}
	n.set(mail, to(sub))
	n.set(sub, settings())
	for range 2 {
		if _, err := c.Discover(t.Context(), anna); err != nil {
			t.Error(err)
		}
		equal(t, "asked", n.taken(), []string{mail, sub})
	}
}

const refresh = time.Hour

func TestEachDomainHasItsOwnService(t *testing.T) {
	n := on(map[string]reply{apex: settings(), "https://autodiscover.fabrikam.com/autodiscover/autodiscover.svc": settings()})
	c := n.client(autodiscover.Options{})
	for range 2 {
		for _, address := range []string{anna, "bert@fabrikam.com"} {
			if _, err := c.Discover(t.Context(), address); err != nil {
				t.Fatal(err)
			}
		}
	}
	equal(t, "asked", n.taken(), []string{apex, "https://fabrikam.com/autodiscover/autodiscover.svc",
		"https://autodiscover.fabrikam.com/autodiscover/autodiscover.svc", apex, "https://autodiscover.fabrikam.com/autodiscover/autodiscover.svc"})
}

// A service that one domain's mailboxes were redirected to is not another's, whose hosts it is not among.
func TestARedirectedDomainIsTrustedByNobodyElse(t *testing.T) {
	n := on(map[string]reply{apex: settings(user("RedirectAddress", "anna@d1.contoso.com")), "https://d1.contoso.com/autodiscover/autodiscover.svc": settings(),
		"https://fabrikam.com/autodiscover/autodiscover.svc": settings(user("RedirectAddress", "bert@d1.contoso.com"))})
	c := n.client(autodiscover.Options{})
	for address, want := range map[string]string{anna: "ok", "bert@fabrikam.com": "host-not-allowed"} {
		for range 2 {
			results, err := c.Discover(t.Context(), address)
			if err != nil || outcome(results[0].Err) != want {
				t.Errorf("%s: have %+v, %v, want %s", address, results, err, want)
			}
		}
	}
}

// slowly answers after a second.
func slowly(r reply) reply {
	return func(request *http.Request) (*http.Response, error) {
		select {
		case <-time.After(time.Second):
			return r(request)
		case <-request.Context().Done():
			return nil, request.Context().Err()
		}
	}
}

// hundred calls at once; the first may have another context.
func hundred(t *testing.T, c *autodiscover.Client, first context.Context) []string {
	var all sync.WaitGroup
	outcomes := make([]string, 100)
	for i := range outcomes {
		ctx := t.Context()
		if i == 0 {
			ctx = first
		}
		all.Go(func() {
			results, err := c.Discover(ctx, fmt.Sprintf("user%d@contoso.com", i))
			if err == nil && results[0].User != fmt.Sprintf("user%d@contoso.com", i) {
				t.Errorf("call %d has the answer of %s", i, results[0].User)
			}
			outcomes[i] = outcome(err)
		})
		synctest.Wait()
	}
	all.Wait()
	return outcomes
}

func TestOneWalkForAHundredCalls(t *testing.T) {
	tests := map[string]struct {
		sub     reply
		cancel  bool // the first
		apex    int  // requests there: walks
		all     int
		outcome string
	}{
		"found":                    {slowly(settings()), false, 1, 1 + 100, "ok"},
		"nothing is there":         {slowly(status(404)), false, 1, 6, "HTTP 404"},
		"the login is refused":     {slowly(status(401)), false, 1, 2, "HTTP 401"},
		"busy":                     {slowly(answered("ServerBusy", "")), false, 1, 2, "ServerBusy"},
		"the first gives it up":    {slowly(settings()), true, 2, 2 + 99, "ok"},
		"a refusal of one request": {slowly(answered("InvalidRequest", "")), false, 1, 1 + 100, "InvalidRequest"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := on(map[string]reply{apex: slowly(status(404)), sub: test.sub})
				first, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.cancel {
					time.AfterFunc(time.Second/2, cancel)
				}
				outcomes := hundred(t, n.client(autodiscover.Options{}), first)
				walks, asked := 0, n.taken()
				for _, url := range asked {
					if url == apex {
						walks++
					}
				}
				if walks != test.apex || len(asked) != test.all {
					t.Errorf("have %d walks and %d requests, want %d and %d", walks, len(asked), test.apex, test.all)
				}
				for i, have := range outcomes {
					want := test.outcome
					if test.cancel && i == 0 {
						want = context.Canceled.Error()
					}
					if have != want {
						t.Errorf("call %d: have %s, want %s", i, have, want)
					}
				}
			})
		})
	}
}

// Four requests that were under way when a service became busy say so once.
func TestSimultaneousBusyAnswersCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := on(map[string]reply{apex: settings(), sub: settings()})
		c := n.client(autodiscover.Options{})
		if _, err := c.Discover(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
		n.set(apex, slowly(status(503)))
		hundred(t, c, t.Context())
		for _, url := range n.taken() {
			if url != apex {
				t.Fatalf("asked %s", url)
			}
		}
	})
}

func TestACallThatWaitsEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := on(map[string]reply{apex: slowly(settings())}).client(autodiscover.Options{})
		var leading sync.WaitGroup
		leading.Go(func() {
			if _, err := c.Discover(t.Context(), anna); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := c.Discover(ctx, anna); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("have %v", err)
		}
		leading.Wait()
	})
}
