package autodiscover_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

var mailbox = regexp.MustCompile(`<a:Mailbox>(.*?)</a:Mailbox>`)

// journal notes the sizes of batches and the times since its beginning, and answers by them.
type journal struct {
	began time.Time
	lines []string
	reply func(users []string, nth int) reply
}

func (j *journal) answer(r *http.Request) (*http.Response, error) {
	request, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var users []string
	for _, m := range mailbox.FindAllStringSubmatch(string(request), -1) {
		users = append(users, m[1])
	}
	j.lines = append(j.lines, fmt.Sprintf("%d@%s", len(users), time.Since(j.began).Round(time.Second)))
	r.Body = io.NopCloser(strings.NewReader(string(request)))
	return j.reply(users, len(j.lines))(r)
}

func TestAll(t *testing.T) {
	none := func([]string, int) reply { return settings() }
	first := func(n int, r reply) func([]string, int) reply {
		return func(_ []string, nth int) reply {
			if nth <= n {
				return r
			}
			return settings()
		}
	}
	tests := map[string]struct {
		users    int
		pace     autodiscover.Pace
		reply    func(users []string, nth int) reply
		requests []string // size and time of each
		outcome  string   // of the last user
	}{
		"batches of 50": {120, autodiscover.Pace{}, none, []string{"50@0s", "50@0s", "20@0s"}, "ok"},
		"smaller ones":  {5, autodiscover.Pace{Batch: 2}, none, []string{"2@0s", "2@0s", "1@0s"}, "ok"},
		"a short list: the tail again": {10, autodiscover.Pace{Batch: 5}, first(1, answered("NoError", place+place)),
			[]string{"5@0s", "5@0s", "3@0s"}, "ok"},
		"refused: halves": {8, autodiscover.Pace{Batch: 8}, func(users []string, _ int) reply {
			if len(users) > 2 {
				return answered("InvalidRequest", "")
			}
			return settings()
		}, []string{"8@0s", "4@0s", "2@0s", "2@0s", "2@0s", "2@0s"}, "ok"},
		"refused alone: for good": {2, autodiscover.Pace{}, func(users []string, _ int) reply { return answered("InvalidRequest", "") },
			[]string{"2@0s", "1@0s", "1@0s"}, "InvalidRequest"},
		"busy: the hint, and twice: half": {8, autodiscover.Pace{}, first(2, status(503, "Retry-After", "60")),
			[]string{"8@0s", "8@1m3s", "4@2m6s", "4@2m6s"}, "ok"},
		"without a hint": {2, autodiscover.Pace{}, first(4, answered("ServerBusy", "")), []string{"2@0s", "2@1s", "1@3s", "1@7s", "1@15s", "1@15s"}, "ok"},
		"no answer in time: half": {8, autodiscover.Pace{}, first(1, func(r *http.Request) (*http.Response, error) {
			httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
			<-r.Context().Done()
			return nil, r.Context().Err()
		}), []string{"8@0s", "4@1m41s", "4@1m41s"}, "ok"},
		"down for good": {3, autodiscover.Pace{Attempts: 3}, first(99, broken), []string{"3@0s", "3@1s", "1@3s"}, "reset"},
		"an empty list for good": {2, autodiscover.Pace{Attempts: 2}, first(99, answered("NoError", "")), []string{"2@0s", "2@1s"},
			"autodiscover: the service answered about none of the users"},
		"a user whose server is busy": {3, autodiscover.Pace{}, first(1, settings(user("ServerBusy", ""))), []string{"3@0s", "1@1s"}, "ok"},
		"a user whose server stays busy": {1, autodiscover.Pace{Attempts: 3}, first(99, settings(user("ServerBusy", ""))),
			[]string{"1@0s", "1@1s", "1@3s"}, "ServerBusy"},
		"an unknown user":        {2, autodiscover.Pace{}, first(1, settings(place, user("InvalidUser", ""))), []string{"2@0s"}, "InvalidUser"},
		"a host not allowed":     {2, autodiscover.Pace{}, first(99, to(cloud)), []string{"2@0s"}, "host-not-allowed"},
		"nowhere to redirect to": {1, autodiscover.Pace{Attempts: 2}, first(1, redirectingTo(hop(9))), []string{"1@0s", "1@1s"}, "ok"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := &journal{began: time.Now(), reply: test.reply}
				n := on(map[string]reply{mail: j.answer})
				results, err := n.client(autodiscover.Options{URL: mail}).All(t.Context(), users(test.users), test.pace)
				if err != nil || len(results) != test.users {
					t.Fatalf("have %d results, %v", len(results), err)
				}
				equal(t, "requests", j.lines, test.requests)
				for i, r := range results {
					if r.User != fmt.Sprintf("user%d@contoso.com", i) || !r.Answered {
						t.Errorf("result %d is %+v", i, r)
					}
				}
				if last := results[len(results)-1]; outcome(last.Err) != test.outcome {
					t.Errorf("have %v, want %s", last.Err, test.outcome)
				}
			})
		})
	}
}

func TestAllOfManyDomains(t *testing.T) {
	n := on(map[string]reply{apex: settings(), "https://northwind.com/autodiscover/autodiscover.svc": settings()})
	addresses := []string{anna, "bert@fabrikam.com", "nobody", "cora@northwind.com", "dora@contoso.com"}
	results, err := n.client(autodiscover.Options{}).All(t.Context(), addresses, autodiscover.Pace{Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for i, r := range results {
		have = append(have, outcome(r.Err))
		if r.User != addresses[i] {
			t.Errorf("have %s, want %s", r.User, addresses[i])
		}
	}
	equal(t, "outcomes", have, []string{"ok", nowhere, `autodiscover: "nobody" is no SMTP address`, "ok", "ok"})
}

func TestAllStopsAtARefusedLogin(t *testing.T) {
	n := on(map[string]reply{apex: settings(), "https://fabrikam.com/autodiscover/autodiscover.svc": status(401), "https://northwind.com/autodiscover/autodiscover.svc": settings()})
	results, err := n.client(autodiscover.Options{}).All(t.Context(), []string{anna, "bert@fabrikam.com", "cora@northwind.com"}, autodiscover.Pace{})
	if outcome(err) != "HTTP 401" || len(n.logins) != 2 {
		t.Errorf("have %v and logins at %q", err, n.logins)
	}
	located(t, results[0])
	if results[1].Answered || results[2].Answered {
		t.Errorf("have %+v", results)
	}
}

func TestAllStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		n := on(map[string]reply{mail: status(503, "Retry-After", "600")})
		if _, err := n.client(autodiscover.Options{URL: mail}).All(ctx, []string{anna}, autodiscover.Pace{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("have %v", err)
		}
	})
}
