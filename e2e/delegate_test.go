package e2e

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// asDelegate logs in as an account that impersonates nobody, and names folders.
func (b *bubble) asDelegate(account, password string, folders ...messages.FolderName) {
	b.login = ewssoap.BasicAuth(account, func() (string, error) { return password, nil })
	b.tune = func(c *exchange.Config) { c.Impersonation, c.Folders = false, folders }
}

// A delegate streams the folders it was named of mailboxes that it has full access
// to, in one group; the others are parked, and come when they are granted.
func TestTheWholeAsADelegate(t *testing.T) {
	cfg := exchangesim.Config{Accounts: map[string]string{"svc": "secret"}, MayImpersonate: map[string]bool{}}
	inBubble(t, cfg, func(b *bubble) {
		all := populate(b, "a", 6, "ex01.sim.test", "Site-A")
		for _, address := range all[:4] {
			b.sim.Delegate(address, "svc", exchangesim.FullAccess)
		}
		b.sim.Delegate(all[4], "svc", exchangesim.Reviewer) // sees them, and may not subscribe
		b.asDelegate("svc", "secret", messages.FolderInbox, messages.FolderCalendar)
		stop := b.run()
		defer stop()
		b.list(all...)
		b.untilStreaming(4)
		mails := func() {
			for _, address := range all {
				b.sim.Deliver(address)
			}
		}
		for range 40 { // streams are renewed
			mails()
			time.Sleep(time.Minute)
		}
		parked := map[messages.Address]string{}
		for _, f := range facts[messages.MailboxParked](b) {
			parked[f.Mailbox] = f.Code
		}
		want := map[messages.Address]string{
			messages.Address(all[4]): "ErrorSubscriptionDelegateAccessNotSupported", messages.Address(all[5]): "ErrorFolderNotFound"}
		for mailbox, code := range want {
			if parked[mailbox] != code || len(parked) != len(want) {
				t.Errorf("parked %v, want %v", parked, want)
			}
		}

		b.sim.Failover("ex01.sim.test", "ex02.sim.test", exchangesim.FailoverOptions{})
		time.Sleep(10 * time.Minute)
		b.untilStreaming(4)
		for _, address := range all[4:] {
			b.sim.Delegate(address, "svc", exchangesim.FullAccess)
		}
		time.Sleep(3 * time.Hour) // those that are parked are tried again
		b.untilStreaming(6)
		mails()
		b.settle()
		if report := b.sound(); report.Events == 0 {
			t.Error("no event was stored: the test shows nothing")
		}
		if n := len(b.latestGroups()); n != 1 {
			t.Errorf("%d groups, want one", n)
		}
		for _, r := range b.sim.Truth().Requests {
			if r.Impersonated != "" {
				t.Errorf("%s impersonated %s", r.Operation, r.Impersonated)
			}
		}
	})
}
