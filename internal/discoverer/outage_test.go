package discoverer

import (
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestBatchesAreHalvedUntilTheyAreAccepted(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answerWith(func(batch []messages.Address) ([]Answer, error) {
			if len(batch) > 10 {
				return nil, faultOf("InvalidRequest")
			}
			return answerAll(batch)
		})
		w.run()
		w.list(users(300, "contoso.com")...)
		w.pass(time.Hour)
		if have := len(recorded[messages.MailboxDiscovered](w)); have != 300 {
			t.Errorf("have %d discovered, want 300", have)
		}
		if have := recorded[messages.MailboxUndiscoverable](w); len(have) > 0 {
			t.Errorf("have %v, want no mailbox blamed", have)
		}
		refused := 0
		for _, r := range w.taken() {
			if len(r.batch) > 10 {
				refused++
			}
		}
		if refused > 12 { // 4 at first, and one each time growing is tried
			t.Errorf("%d requests were too large, want the size to be learnt", refused)
		}
	})
}

func TestBatchesGrowAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answerWith(failWith("http-503"))
		w.run()
		w.list(users(1000, "contoso.com")...)
		w.pass(10 * time.Minute)
		w.taken()
		w.answerWith(answerAll)
		w.pass(time.Hour)
		requests := w.taken()
		largest := 0
		for _, r := range requests {
			largest = max(largest, len(r.batch))
		}
		if len(requests[0].batch) != 1 || largest != 50 {
			t.Errorf("have sizes from %d up to %d, want 1 after an outage and 50 in the end", len(requests[0].batch), largest)
		}
	})
}

// A mailbox that spoils every request is found and blamed; the others go on.
func TestOneMailboxThatSpoilsTheBatch(t *testing.T) {
	inWorld(t, func(w *world) {
		mailboxes := users(60, "contoso.com")
		spoiler := mailboxes[17]
		w.answerWith(func(batch []messages.Address) ([]Answer, error) {
			if slices.Contains(batch, spoiler) {
				return nil, faultOf("InvalidRequest")
			}
			return answerAll(batch)
		})
		w.run()
		w.list(mailboxes...)
		w.pass(time.Hour)
		if have := len(recorded[messages.MailboxDiscovered](w)); have != 59 {
			t.Errorf("have %d discovered, want 59", have)
		}
		facts := recorded[messages.MailboxUndiscoverable](w)
		for _, fact := range facts {
			if fact.Mailbox != spoiler || fact.Code != "InvalidRequest" {
				t.Errorf("have %+v, want only %s blamed", fact, spoiler)
			}
		}
		if len(facts) == 0 {
			t.Error("the mailbox is not blamed")
		}
	})
}

func TestOutageOfADomainIsMetPolitely(t *testing.T) {
	for _, code := range []ewsaffinity.Code{"http-503", ewsaffinity.CodeRefused, ewsaffinity.CodeTimeout, "ServerBusy", "http-404", ewsaffinity.CodeTLS, "601"} {
		t.Run(string(code), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.answerWith(func(batch []messages.Address) ([]Answer, error) {
					if batch[0].Domain() == "contoso.com" {
						return nil, faultOf(code)
					}
					return answerAll(batch)
				})
				w.run()
				w.list(append(users(500, "contoso.com"), users(10, "fabrikam.com")...)...)
				w.pass(time.Second)
				if have := len(recorded[messages.MailboxDiscovered](w)); have != 10 {
					t.Errorf("have %d discovered, want the 10 of the other domain", have)
				}
				w.taken()
				w.pass(2 * time.Hour)
				requests := w.taken()
				if have := len(requests); have < 4 || have > 60 {
					t.Errorf("have %d requests in 2 h, want a few", have)
				}
				for i := 1; i < len(requests); i++ {
					if requests[i].at == requests[i-1].at {
						t.Errorf("two requests at %s while the domain fails", requests[i].at)
					}
				}
				if facts := recorded[messages.MailboxUndiscoverable](w); len(facts) > 0 {
					t.Errorf("have %d facts of an outage, want none", len(facts))
				}
				if have := w.logged("Autodiscover fails", string(code)); have != 1 {
					t.Errorf("the outage is logged %d times, want once", have)
				}
				w.answerWith(answerAll)
				w.pass(time.Hour)
				if have := len(recorded[messages.MailboxDiscovered](w)); have != 510 {
					t.Errorf("after the outage: have %d discovered, want 510", have)
				}
				if have := w.logged("Autodiscover answers again"); have != 1 {
					t.Errorf("the end is logged %d times, want once", have)
				}
			})
		})
	}
}

// A handful of refused logins locks many an account.
func TestRefusedCredentialsStopEveryDomain(t *testing.T) {
	for _, code := range []ewsaffinity.Code{ewsaffinity.CodeRefusedLogin, "http-456", "ErrorPasswordExpired"} {
		t.Run(string(code), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.answerWith(failWith(code))
				w.run()
				w.list(append(users(300, "contoso.com"), users(300, "fabrikam.com")...)...)
				w.pass(3 * time.Hour)
				requests := w.taken()
				for i := 1; i < len(requests); i++ {
					if wait := requests[i].at - requests[i-1].at; wait < 10*time.Minute {
						t.Errorf("tried again after %s", wait)
					}
				}
				if len(requests) < 6 {
					t.Errorf("tried %d times in 3 h, want it to be tried now and then", len(requests))
				}
				if facts := recorded[messages.MailboxUndiscoverable](w); len(facts) > 0 {
					t.Errorf("have %d facts, want none", len(facts))
				}
				w.answerWith(answerAll)
				w.pass(time.Hour)
				if have := len(recorded[messages.MailboxDiscovered](w)); have != 600 {
					t.Errorf("once accepted: have %d discovered, want 600", have)
				}
				if requests := w.taken(); len(requests) != 12 {
					t.Errorf("once accepted: have %d requests, want 12 of 50", len(requests))
				}
			})
		})
	}
}

// Credentials that are refused later are probed by one request at a time, too.
func TestCredentialsRefusedLaterAreProbedAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		mailboxes := append(users(300, "contoso.com"), users(300, "fabrikam.com")...)
		w.list(mailboxes...)
		w.pass(time.Minute)
		w.answerWith(failWith("http-456"))
		for i, mailbox := range mailboxes {
			w.tell(messages.MailboxStale{Meta: w.meta("stale-" + strconv.Itoa(i)), Mailbox: mailbox})
		}
		w.pass(time.Minute)
		w.taken()
		w.pass(time.Hour)
		if have := len(w.taken()); have == 0 || have > 4 {
			t.Errorf("have %d requests in an hour, want one about every 15 min", have)
		}
	})
}

func TestASuccessEndsTheAccountsRest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answerWith(failWith("http-401"))
		w.run()
		w.list(anna)
		w.pass(10 * time.Minute)
		w.answerWith(answerAll)
		w.pass(time.Hour)
		w.taken()
		w.answerWith(failWith("http-401"))
		w.tell(messages.MailboxStale{Meta: w.meta("stale-1"), Mailbox: anna})
		w.pass(10 * time.Second)
		if have := len(w.taken()); have != 2 {
			t.Errorf("have %d requests within 10 s of a first 401, want 2: the first wait is short", have)
		}
	})
}

func TestMailboxesWithdrawnDuringAnOutageAreNotAskedAbout(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answerWith(failWith("http-503"))
		w.run()
		w.list(anna, bea)
		w.pass(time.Minute)
		w.list(bea)
		w.taken()
		w.answerWith(answerAll)
		w.pass(time.Hour)
		if have := w.asked(); len(have) != 1 || have[0] != bea {
			t.Errorf("asked about %v, want %s only", have, bea)
		}
	})
}

func TestRequestsUnderWayDoNotProlongARest(t *testing.T) {
	inWorld(t, func(w *world) {
		var calls atomic.Int32
		w.answerWith(func(batch []messages.Address) ([]Answer, error) {
			if calls.Add(1); batch[0] != anna && calls.Load() <= 5 {
				return nil, faultOf("http-503")
			}
			return answerAll(batch)
		})
		w.run()
		w.list(anna) // proves the account
		w.pass(time.Second)
		w.list(append(users(200, "contoso.com"), anna)...) // four requests at once
		w.pass(3 * time.Second)
		if have := len(recorded[messages.MailboxDiscovered](w)); have <= 1 {
			t.Error("four failures at the same time count for more than one")
		}
	})
}

func TestNoAnswerAtAllIsAFailure(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answerWith(func([]messages.Address) ([]Answer, error) { return nil, nil })
		w.run()
		w.list(users(50, "contoso.com")...)
		w.pass(time.Hour)
		if have := len(w.taken()); have > 120 {
			t.Errorf("have %d requests in an hour, want a few", have)
		}
	})
}

func TestErrorsOfOtherKindsAreMetPolitely(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answerWith(func([]messages.Address) ([]Answer, error) { return nil, errors.New("unforeseen") })
		w.run()
		w.list(users(50, "contoso.com")...)
		w.pass(time.Hour)
		if have := len(w.taken()); have > 120 {
			t.Errorf("have %d requests in an hour, want a few", have)
		}
	})
}

func TestListThatCannotBeReadChangesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		w.list(anna, bea)
		w.pass(time.Second)
		facts := w.stored()
		w.lists <- maillist.Snapshot{Source: source, Err: errors.New("mailboxes.txt:2: no address")}
		w.pass(time.Second)
		if have := w.stored() - facts; have != 0 {
			t.Errorf("have %d new facts, want none", have)
		}
		if w.logged("mailbox list cannot be read", source, "mailboxes.txt:2: no address") != 1 {
			t.Errorf("the log does not tell why:\n%s", w.log.String())
		}
		w.list(anna)
		if have := recorded[messages.MailboxWithdrawn](w); len(have) != 1 || have[0].Mailbox != bea {
			t.Errorf("after the list was mended: have %v, want bea withdrawn", have)
		}
	})
}
