package discoverer

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

const anna, bea, carl messages.Address = "anna@contoso.com", "bea@contoso.com", "carl@fabrikam.com"

func TestListedMailboxesAreEnrolledAndDiscovered(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		w.list(anna, bea, carl)
		w.pass(time.Second)
		enrolled := recorded[messages.MailboxEnrolled](w)
		discovered := recorded[messages.MailboxDiscovered](w)
		if len(enrolled) != 3 || len(discovered) != 3 {
			t.Fatalf("have %d enrolled and %d discovered, want 3 of each", len(enrolled), len(discovered))
		}
		causes := map[messages.Address]messages.Cause{}
		for _, fact := range enrolled {
			if fact.EnrolledBy != source {
				t.Errorf("%s: have source %q, want %q", fact.Mailbox, fact.EnrolledBy, source)
			}
			causes[fact.Mailbox] = messages.Cause{ID: fact.ID, Reason: "enrolled"}
		}
		for _, fact := range discovered {
			want := messages.MailboxDiscovered{
				Meta:    messages.Meta{ID: fact.ID, Time: fact.Time, Cause: causes[fact.Mailbox]},
				Mailbox: fact.Mailbox, URL: "https://mail.contoso.com/EWS/Exchange.asmx", Grouping: "site-1",
			}
			if diff := cmp.Diff(want, fact); diff != "" {
				t.Errorf("want - have +:\n%s", diff)
			}
		}
		want := []request{{gathering, []messages.Address{anna, bea}}, {gathering + w.takes, []messages.Address{carl}}}
		if diff := cmp.Diff(want, w.taken(), cmp.AllowUnexported(request{})); diff != "" {
			t.Errorf("requests are not one for each domain; want - have +:\n%s", diff)
		}
	})
}

func TestBatchesAndParallelRequestsAreBounded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		mailboxes := users(430, "contoso.com")
		w.list(mailboxes...)
		w.pass(time.Second)
		requests := w.taken()
		if len(requests) != 9 {
			t.Errorf("have %d requests, want 9", len(requests))
		}
		for _, r := range requests {
			if len(r.batch) > 50 {
				t.Errorf("have a request about %d mailboxes, want at most 50", len(r.batch))
			}
		}
		if w.busiest != 4 {
			t.Errorf("have %d requests at a time, want 4", w.busiest)
		}
		if have := len(recorded[messages.MailboxDiscovered](w)); have != len(mailboxes) {
			t.Errorf("have %d discovered, want %d", have, len(mailboxes))
		}
	})
}

func TestAnswersAreRefreshedAndPublishedUnchanged(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		w.list(anna)
		for _, random := range []float64{0, 0.5, 1} {
			w.pass(time.Minute)
			before := recorded[messages.MailboxDiscovered](w)
			last := before[len(before)-1]
			w.taken()
			w.random = random
			w.tell(messages.MailboxStale{Meta: w.meta("doubt"), Mailbox: anna}) // the next refresh uses random
			w.pass(time.Second)
			w.taken()
			asked := time.Since(begin)
			w.pass(27 * time.Hour)
			requests := w.taken()
			wait := (requests[0].at - asked).Round(time.Minute)
			if want := 24*time.Hour + time.Duration((random*2-1)*float64(24*time.Hour)/10); wait != want.Round(time.Minute) {
				t.Errorf("random %v: refreshed after %s, want %s", random, wait, want)
			}
			facts := recorded[messages.MailboxDiscovered](w)[len(before):]
			if len(facts) != 2 || facts[1].Cause != (messages.Cause{ID: facts[0].ID, Reason: "refresh"}) || facts[1].URL != last.URL {
				t.Errorf("random %v: have %+v, want the same place, caused by the answer before", random, facts)
			}
		}
	})
}

func TestASecondSourceDoesNotMakeItAskAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes = 10 * time.Second
		w.run()
		w.list(anna)
		w.pass(5 * time.Second)
		w.tell(messages.MailboxEnrolled{Meta: w.meta("enrolled-1"), Mailbox: anna, EnrolledBy: "command"})
		w.pass(time.Hour)
		if have := w.asked(); len(have) != 1 {
			t.Errorf("asked %d times, want once", len(have))
		}
	})
}

func TestStaleMailboxesAreAskedAboutAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		w.list(anna, bea)
		w.pass(time.Hour)
		w.taken()
		w.tell(messages.MailboxStale{Meta: w.meta("stale-1"), Mailbox: anna, Code: "ErrorProxyRequestNotAllowed"})
		w.pass(time.Second)
		if diff := cmp.Diff([]messages.Address{anna}, w.asked()); diff != "" {
			t.Fatalf("want - have +:\n%s", diff)
		}
		facts := recorded[messages.MailboxDiscovered](w)
		want := messages.Cause{ID: "stale-1", Reason: "stale: ErrorProxyRequestNotAllowed"}
		if have := facts[len(facts)-1]; have.Cause != want || have.Mailbox != anna {
			t.Errorf("have %+v, want an answer about anna for %+v", have, want)
		}
		w.pass(time.Hour)
		if have := w.asked(); len(have) > 0 {
			t.Errorf("asked again about %v after the answer", have)
		}
	})
}

func TestFactsThatComeOneByOneMakeOneRequest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		mailboxes := users(30, "contoso.com")
		w.list(mailboxes...)
		w.pass(time.Hour)
		w.taken()
		for _, mailbox := range mailboxes {
			w.tell(messages.MailboxStale{Meta: w.meta(w.newID()), Mailbox: mailbox, Code: "ErrorSubscriptionNotFound"})
		}
		w.pass(time.Minute)
		if have := w.taken(); len(have) != 1 || len(have[0].batch) != 30 {
			t.Errorf("have %d requests, want one about all", len(have))
		}
	})
}

// A full batch does not wait for more.
func TestAFullBatchIsAskedAboutAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		w.list(users(50, "contoso.com")...)
		w.pass(time.Second)
		if have := w.taken(); len(have) != 1 || have[0].at != 0 {
			t.Errorf("have requests %v, want one at once", have)
		}
	})
}

// The answer to a request that was under way when the mailbox became stale may
// be older than the move.
func TestStaleWhileAskedIsAskedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes = 10 * time.Second
		w.run()
		w.list(anna)
		w.pass(5 * time.Second)
		w.tell(messages.MailboxStale{Meta: w.meta("stale-1"), Mailbox: anna, Code: "ErrorMailboxMoveInProgress"})
		w.pass(time.Minute)
		if have := w.asked(); len(have) != 2 {
			t.Errorf("asked %d times, want 2", len(have))
		}
		facts := recorded[messages.MailboxDiscovered](w)
		if len(facts) != 2 || facts[0].Cause.Reason != "enrolled" || facts[1].Cause.ID != "stale-1" {
			t.Errorf("have %+v, want an answer for the enrolment and one for the stale fact", facts)
		}
	})
}

func TestMissingAnswersAreAskedForAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answerWith(func(batch []messages.Address) ([]Answer, error) {
			return answerAll(batch[:min(len(batch), 20)])
		})
		w.run()
		w.list(users(50, "contoso.com")...)
		w.pass(time.Minute)
		if have := len(recorded[messages.MailboxDiscovered](w)); have != 50 {
			t.Errorf("have %d discovered, want 50", have)
		}
		if have := len(w.taken()); have != 3 {
			t.Errorf("have %d requests, want 3", have)
		}
	})
}

func TestRestartAsksNothingThatIsFresh(t *testing.T) {
	inWorld(t, func(w *world) {
		stop := w.start()
		w.list(anna, bea)
		w.pass(time.Hour)
		if err := stop(); err == nil {
			t.Fatal("Run returned no error")
		}
		w.tell(messages.MailboxStale{Meta: w.meta("stale-1"), Mailbox: bea, Code: "ErrorProxyRequestNotAllowed"},
			messages.MailboxEnrolled{Meta: w.meta("enrolled-1"), Mailbox: carl, EnrolledBy: "command"})
		w.taken()
		facts := w.stored()

		w.run()
		w.list(anna, bea)
		w.pass(20 * time.Hour)
		if diff := cmp.Diff([]messages.Address{bea, carl}, w.asked()); diff != "" {
			t.Errorf("asked about; want - have +:\n%s", diff)
		}
		if have := w.stored() - facts; have != 2 {
			t.Errorf("have %d new facts, want 2 answers", have)
		}
		w.pass(4 * time.Hour)
		if diff := cmp.Diff([]messages.Address{anna}, w.asked()); diff != "" {
			t.Errorf("due 24 h after the answer before the restart; want - have +:\n%s", diff)
		}
	})
}

func TestOnlyOwnMailboxesAreSeenTo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.foreign[bea.Partition()] = true
		w.tell(messages.MailboxEnrolled{Meta: w.meta("1"), Mailbox: carl, EnrolledBy: "command"})
		w.foreign[carl.Partition()] = true
		w.run()
		w.list(anna, bea)
		w.pass(time.Minute)
		if diff := cmp.Diff([]messages.Address{anna}, w.asked()); diff != "" {
			t.Fatalf("want - have +:\n%s", diff)
		}
		w.own(true, bea, carl)
		w.pass(time.Minute)
		if diff := cmp.Diff([]messages.Address{bea, carl}, w.asked()); diff != "" {
			t.Fatalf("after gaining them; want - have +:\n%s", diff)
		}
		w.own(false, anna, carl)
		w.pass(48 * time.Hour)
		if asked := w.asked(); slices.Contains(asked, anna) || slices.Contains(asked, carl) || !slices.Contains(asked, bea) {
			t.Errorf("after losing two: asked about %v, want only %s", asked, bea)
		}
	})
}

// What goes to another process goes at once; the answer under way is stored, so that
// the other need not ask.
func TestWhatYieldsIsReleasedAtOnceAndItsAnswerRecorded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes = 10 * time.Second
		w.run()
		w.list(anna, carl)
		w.pass(time.Second)
		if diff := cmp.Diff([]messages.Address{anna}, w.asked()); diff != "" {
			t.Fatalf("under way; want - have +:\n%s", diff)
		}
		w.own(false, anna, carl)
		if diff := cmp.Diff([]messages.Partition{anna.Partition(), carl.Partition()}, w.released); diff != "" {
			t.Fatalf("released; want - have +:\n%s", diff)
		}
		w.list(anna, carl, bea)
		w.pass(time.Minute)
		if have := recorded[messages.MailboxDiscovered](w); len(have) != 2 || have[0].Mailbox != anna || have[1].Mailbox != bea {
			t.Errorf("discovered %+v, want anna, who was asked about before, and bea, who stayed", have)
		}
		if diff := cmp.Diff([]messages.Address{bea}, w.asked()); diff != "" {
			t.Errorf("asked about afterwards; want - have +:\n%s", diff)
		}
	})
}

// Two processes follow the same lists, each for its own mailboxes.
func TestTwoProcessesDiscoverEachMailboxOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		all := users(60, "contoso.com")
		var even, odd []messages.Address
		for _, a := range all {
			if a.Partition()%2 == 0 {
				even = append(even, a)
			} else {
				odd = append(odd, a)
			}
		}
		w.run()
		other := w.runOther()
		w.own(false, odd...)
		other.own(false, even...)
		w.list(all...)
		other.list(all...)
		w.pass(time.Minute)
		if diff := cmp.Diff(all, w.asked()); diff != "" {
			t.Errorf("asked about; want each once; want - have +:\n%s", diff)
		}
		if have := len(recorded[messages.MailboxEnrolled](w)); have != len(all) {
			t.Errorf("have %d enrolments, want %d", have, len(all))
		}
		w.own(false, even...)
		other.own(true, even...)
		other.list(all[1:]...)
		w.list(all[1:]...)
		w.pass(48 * time.Hour)
		withdrawn := recorded[messages.MailboxWithdrawn](w)
		if len(withdrawn) != 1 || withdrawn[0].Mailbox != all[0] {
			t.Errorf("withdrawn %+v, want %s once", withdrawn, all[0])
		}
		if have := len(recorded[messages.MailboxEnrolled](w)); have != len(all) {
			t.Errorf("after the hand-over: have %d enrolments, want %d", have, len(all))
		}
	})
}

func TestWithdrawnMailboxesAreLeftAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes = 10 * time.Second
		w.run()
		w.list(anna, bea)
		w.pass(5 * time.Second)
		w.list(bea) // while asked about
		w.pass(72 * time.Hour)
		for _, fact := range recorded[messages.MailboxDiscovered](w) {
			if fact.Mailbox == anna {
				t.Errorf("have %+v of a withdrawn mailbox", fact)
			}
		}
		if have := w.taken(); len(have) < 3 || slices.Contains(have[1].batch, anna) {
			t.Errorf("have requests %v, want refreshes of bea only", have)
		}
	})
}

func TestEnrolledAgainIsNotAskedWhileFresh(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		w.list(anna)
		w.pass(time.Hour)
		w.list()
		w.pass(time.Hour)
		w.taken()
		w.list(anna)
		w.pass(time.Hour)
		if have := w.asked(); len(have) > 0 {
			t.Errorf("asked about %v, whose answer is 2 h old", have)
		}
		w.pass(22 * time.Hour)
		if have := w.asked(); len(have) != 1 {
			t.Errorf("asked about %v, want anna's refresh", have)
		}
	})
}

func TestRunEnds(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes = time.Hour
		stop := w.start()
		w.list(anna)
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("while asking: have %v, want %v", err, context.Canceled)
		}
		synctest.Wait()
		if w.running != 0 {
			t.Errorf("%d requests outlive Run", w.running)
		}
	})
}

func TestAnswerToSomeoneElseIsIgnored(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answerWith(func(batch []messages.Address) ([]Answer, error) {
			return []Answer{place(batch[0]), place("eve@contoso.com")}, nil
		})
		w.run()
		w.list(anna)
		w.pass(time.Second)
		if facts := recorded[messages.MailboxDiscovered](w); len(facts) != 1 || facts[0].Mailbox != anna {
			t.Errorf("have %+v, want anna's only", facts)
		}
	})
}

func TestAMailboxHasOneAppointment(t *testing.T) {
	inWorld(t, func(w *world) {
		stage := New(w.cfg, Ports{Ownership: w, Random: func() float64 { return 0.5 }})
		stage.caughtUp = true
		stage.fold.apply(messages.MailboxEnrolled{Meta: w.meta("1"), Mailbox: anna, EnrolledBy: source})
		stage.fold.apply(messages.MailboxDiscovered{Meta: messages.Meta{ID: "2", Time: time.Now(), Cause: messages.Cause{ID: "1"}}, Mailbox: anna})
		for range 3 {
			stage.scheduleAll()
		}
		if have := len(stage.agenda); have != 1 {
			t.Errorf("have %d appointments, want 1", have)
		}
	})
}
