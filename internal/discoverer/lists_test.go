package discoverer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestASourceTouchesOnlyItsOwn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.tell(messages.MailboxEnrolled{Meta: w.meta("1"), Mailbox: anna, EnrolledBy: "command"},
			messages.MailboxEnrolled{Meta: w.meta("2"), Mailbox: carl, EnrolledBy: "command"})
		w.run()
		w.list(anna, bea)
		w.list()
		w.pass(time.Second)
		for _, fact := range recorded[messages.MailboxWithdrawn](w) {
			if fact.EnrolledBy != source || fact.Mailbox == carl {
				t.Errorf("have %+v, want only what %s enrolled", fact, source)
			}
		}
		w.taken()
		w.pass(48 * time.Hour)
		asked := map[messages.Address]bool{}
		for _, mailbox := range w.asked() {
			asked[mailbox] = true
		}
		if diff := cmp.Diff(map[messages.Address]bool{anna: true, carl: true}, asked); diff != "" {
			t.Errorf("still wanted by the command; want - have +:\n%s", diff)
		}
	})
}

func TestLargeWithdrawals(t *testing.T) {
	tests := map[string]struct {
		before, after int
		confirm       bool
		want          int // withdrawn
	}{
		"a fifth":            {100, 80, false, 20},
		"more than a fifth":  {100, 79, false, 0},
		"five of five":       {5, 0, false, 5},
		"five of six":        {6, 1, false, 5},
		"six of ten":         {10, 4, false, 0},
		"all of many":        {50, 0, false, 0},
		"confirmed at start": {50, 0, true, 50},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				mailboxes := users(tt.before, "contoso.com")
				for _, mailbox := range mailboxes {
					w.tell(messages.MailboxEnrolled{Meta: w.meta(w.newID()), Mailbox: mailbox, EnrolledBy: source})
				}
				w.cfg.ConfirmWithdrawals = tt.confirm
				w.run()
				w.list(append(mailboxes[:tt.after:tt.after], carl)...)
				withdrawn := recorded[messages.MailboxWithdrawn](w)
				if len(withdrawn) != tt.want {
					t.Fatalf("have %d withdrawn, want %d", len(withdrawn), tt.want)
				}
				refused := tt.want == 0
				enrolled := recorded[messages.MailboxEnrolled](w)
				if taken := enrolled[len(enrolled)-1].Mailbox == carl; taken == refused {
					t.Errorf("have the new mailbox enrolled: %t, want the list taken whole or not at all", taken)
				}
				if have := w.logged("mailbox list refused", source, "mailboxes.confirmWithdrawals") == 1; have != refused {
					t.Errorf("have the refusal logged: %t, want %t", have, refused)
				}
			})
		})
	}
}

// Confirmation is for the list at start, not for every list that follows.
func TestConfirmationIsUsedUp(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.ConfirmWithdrawals = true
		w.run()
		w.list(users(50, "contoso.com")...)
		w.list(anna)
		if have := recorded[messages.MailboxWithdrawn](w); len(have) != 0 {
			t.Errorf("have %d withdrawn, want the second list refused", len(have))
		}
	})
}

func TestListsWaitUntilTheFactsAreKnown(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, mailbox := range users(1000, "contoso.com") {
			w.tell(messages.MailboxEnrolled{Meta: w.meta(w.newID()), Mailbox: mailbox, EnrolledBy: source})
		}
		facts := w.stored()
		go func() { w.lists <- maillist.Snapshot{Source: source, Mailboxes: users(1000, "contoso.com")} }()
		w.run()
		synctest.Wait()
		if have := w.stored() - facts; have != 0 {
			t.Errorf("have %d new facts, want none: the list is what is enrolled already", have)
		}
	})
}

func TestListsMayEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		w.run()
		w.list(anna)
		close(w.lists)
		w.pass(25 * time.Hour)
		if have := len(w.taken()); have != 2 {
			t.Errorf("have %d requests, want the first and a refresh", have)
		}
	})
}

type brokenFeed struct {
	err  error
	feed chan messages.Recorded
}

func (f brokenFeed) Mailboxes(context.Context) (<-chan messages.Recorded, error) {
	return f.feed, f.err
}

func TestRunNeedsTheFacts(t *testing.T) {
	refused := errors.New("no such stream")
	ended := make(chan messages.Recorded)
	close(ended)
	for name, tt := range map[string]struct {
		feed Feed
		want error
	}{"refused": {brokenFeed{err: refused}, refused}, "ended": {brokenFeed{feed: ended}, errFeedEnded}} {
		t.Run(name, func(t *testing.T) {
			if err := New(Config{}, Ports{Feed: tt.feed}).Run(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("have %v, want %v", err, tt.want)
			}
		})
	}
}

func TestDifference(t *testing.T) {
	enrol, withdraw := difference([]messages.Address{bea, anna, bea}, map[messages.Address]bool{bea: true, carl: true})
	if diff := cmp.Diff([][]messages.Address{{anna}, {carl}}, [][]messages.Address{enrol, withdraw}); diff != "" {
		t.Errorf("want - have +:\n%s", diff)
	}
}

func TestBlame(t *testing.T) {
	tests := map[ewsaffinity.Code]blame{
		"InvalidRequest":             blameMailbox,
		"InvalidUser":                blameMailbox,
		"unexpected":                 blameMailbox,
		"http-400":                   blameMailbox,
		"ServerBusy":                 blameDomain,
		"http-503":                   blameDomain,
		"http-404":                   blameDomain,
		"http-403":                   blameDomain,
		ewsaffinity.CodeTLS:          blameDomain,
		ewsaffinity.CodeRefused:      blameDomain,
		ewsaffinity.CodeNotSOAP:      blameDomain,
		"http-401":                   blameAccount,
		"http-407":                   blameAccount,
		"http-456":                   blameAccount,
		ewsaffinity.CodeRefusedLogin: blameAccount,
		"ErrorImpersonationDenied":   blameAccount,
	}
	for code, want := range tests {
		if have := blameFor(faultOf(code)); have != want {
			t.Errorf("%s: have %d, want %d", code, have, want)
		}
	}
}

// Whatever facts come in whatever order, a mailbox is wanted exactly when a
// source holds it, and nothing that is due is forgotten.
func TestFoldKeepsSourcesAndMailboxesTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFold(func(at time.Time) time.Time { return at.Add(time.Hour) })
		mailbox := rapid.SampledFrom([]messages.Address{anna, bea, carl})
		sources := rapid.SampledFrom([]string{"a", "b"})
		for i := range rapid.IntRange(0, 40).Draw(t, "facts") {
			meta := messages.Meta{ID: string(rune('A' + i)), Time: begin}
			if i > 0 {
				meta.Cause.ID = string(rune('A' + rapid.IntRange(0, i-1).Draw(t, "cause")))
			}
			m, s := mailbox.Draw(t, "mailbox"), sources.Draw(t, "source")
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				f.apply(messages.MailboxEnrolled{Meta: meta, Mailbox: m, EnrolledBy: s})
			case 1:
				f.apply(messages.MailboxWithdrawn{Meta: meta, Mailbox: m, EnrolledBy: s})
			case 2:
				f.apply(messages.MailboxStale{Meta: meta, Mailbox: m})
			case 3:
				f.apply(messages.MailboxDiscovered{Meta: meta, Mailbox: m})
			case 4:
				f.apply(messages.MailboxUndiscoverable{Meta: meta, Mailbox: m, NextAttempt: begin.Add(time.Hour)})
			}
			checkFold(t, f)
		}
	})
}

func checkFold(t *rapid.T, f *fold) {
	holders := map[messages.Address]int{}
	for _, mailboxes := range f.enrolled {
		for m := range mailboxes {
			holders[m]++
		}
	}
	for address, m := range f.mailboxes {
		if holders[address] != len(m.sources) {
			t.Fatalf("%s: %d sources hold it, and it knows %d", address, holders[address], len(m.sources))
		}
		if m.wanted() && m.cause().ID == "" {
			t.Fatalf("%s: wanted without a cause to ask", address)
		}
	}
}
