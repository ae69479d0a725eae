package exchangesim_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const (
	ofInbox      = `<t:DistinguishedFolderId Id="inbox"/>`
	ofBertsInbox = `<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>bert@sim.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`
	ofAnnasInbox = `<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>anna@sim.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`
	getInbox     = `<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>`
)

func TestAccess(t *testing.T) {
	cfg := exchangesim.Config{
		Accounts:       map[string]string{"svc": "secret", "weak": "secret", anna: "hers"},
		BearerTokens:   []string{"token1"},
		MayImpersonate: map[string]bool{"svc": true, exchangesim.ApplicationAccount: true},
	}
	for _, test := range []struct {
		name   string
		call   call
		body   string
		status int
		code   string
	}{
		{"nobody", as(anna), subscribeAll, 401, ""},
		{"wrong password", call{user: "svc:wrong"}, subscribeAll, 401, ""},
		{"unknown user", call{user: "other:secret"}, subscribeAll, 401, ""},
		{"wrong token", call{bearer: "token2"}, subscribeAll, 401, ""},
		{"impersonation", call{user: "svc:secret", impersonate: anna}, subscribeAll, 200, "NoError"},
		{"application", call{bearer: "token1", impersonate: anna}, subscribeAll, 200, "NoError"},
		{"upper case", call{user: "svc:secret", impersonate: "ANNA@sim.test"}, subscribeAll, 200, "NoError"},
		{"no role", call{user: "weak:secret", impersonate: anna}, subscribeAll, 500, "ErrorImpersonateUserDenied"},
		{"no such mailbox", call{user: "svc:secret", impersonate: "nobody@sim.test"}, subscribeAll, 500, "ErrorNonExistentMailbox"},
		{"own mailbox", call{user: anna + ":hers"}, subscribeAll, 200, "NoError"},
		{"account without mailbox", call{user: "svc:secret"}, subscribeAll, 500, "ErrorMissingEmailAddress"},
		{"delegate", call{user: anna + ":hers"}, subscribeTo(ofBertsInbox, allTypes), 200, "ErrorFolderNotFound"},
		{"foreign folder", call{user: anna + ":hers"}, strings.Replace(getInbox, ofInbox, ofBertsInbox, 1), 200, "ErrorFolderNotFound"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, cfg, func(t *testing.T, s *exchangesim.Server, c *client) {
				a := c.do(c.request(test.call, test.body))
				if a.status != test.status || a.code != test.code {
					t.Errorf("have %d %q, want %d %q", a.status, a.code, test.status, test.code)
				}
				if have := len(a.header.Values("WWW-Authenticate")); (a.status == 401) != (have == 2) {
					t.Errorf("%d challenges", have)
				}
			})
		})
	}
}

func TestImpersonationOfOneMailboxIsLimited(t *testing.T) {
	cfg := exchangesim.Config{Accounts: map[string]string{"svc": "secret", "other": "secret"}}
	bubble(t, cfg, func(t *testing.T, s *exchangesim.Server, c *client) {
		s.LimitImpersonation(anna, "svc")
		for user, want := range map[string]string{"svc": "NoError", "other": "ErrorImpersonateUserDenied"} {
			if a := c.do(c.request(call{user: user + ":secret", impersonate: anna}, subscribeAll)); a.code != want {
				t.Errorf("%s for anna: have %s, want %s", user, a.code, want)
			}
		}
		if a := c.do(c.request(call{user: "other:secret", impersonate: bert}, subscribeAll)); a.code != "NoError" {
			t.Errorf("other for bert: have %s", a.code)
		}
	})
}

func TestSubscribeRequests(t *testing.T) {
	type_ := func(name string) string {
		return "<t:EventTypes><t:EventType>" + name + "</t:EventType></t:EventTypes>"
	}
	for _, test := range []struct {
		name, body, version string
		status              int
		code                string
	}{
		{"folder", subscribeTo(ofInbox, allTypes), "", 200, "NoError"},
		{"two mailboxes", subscribeTo(ofAnnasInbox+ofBertsInbox, allTypes), "", 200, "ErrorInvalidSubscriptionRequest"},
		{"another's mailbox", subscribeTo(ofBertsInbox, allTypes), "", 200, "ErrorSubscriptionDelegateAccessNotSupported"},
		{"unknown folder", subscribeTo(`<t:DistinguishedFolderId Id="nosuch"/>`, allTypes), "", 200, "ErrorFolderNotFound"},
		{"malformed id", subscribeTo(`<t:FolderId Id="AAMkjunk"/>`, allTypes), "", 200, "ErrorInvalidIdMalformed"},
		{"status event", subscribeTo(ofInbox, type_("StatusEvent")), "", 500, "ErrorSchemaValidation"},
		{"no types", subscribeTo(ofInbox, ""), "", 500, "ErrorSchemaValidation"},
		{"no folders", subscribeTo("", allTypes), "", 200, "ErrorInvalidSubscriptionRequest"},
		{"push", "<m:Subscribe><m:PushSubscriptionRequest/></m:Subscribe>", "", 200, "ErrorInvalidSubscriptionRequest"},
		{"pull without timeout", "<m:Subscribe><m:PullSubscriptionRequest/></m:Subscribe>", "", 500, "ErrorSchemaValidation"},
		{"unknown version", subscribeAll, "Exchange2019", 500, "ErrorInvalidRequest"},
		{"old version", subscribeAll, "Exchange2010", 500, "ErrorIncorrectSchemaVersion"},
		{"unknown operation", "<m:GetMailTips/>", "", 500, "ErrorInvalidRequest"},
		{"no XML", "<m:Subscribe", "", 500, "ErrorInvalidRequest"},
		{"too large", strings.Repeat(" ", 500<<10), "", 500, "ErrorRequestStreamTooBig"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				o := as(anna)
				o.version = test.version
				if a := c.do(c.request(o, test.body)); a.status != test.status || a.code != test.code {
					t.Errorf("have %d %q, want %d %q", a.status, a.code, test.status, test.code)
				}
				time.Sleep(time.Second) // net/http lingers on a connection whose request it did not read
			})
		})
	}
}

func TestSubscriptionBelongsToTheCaller(t *testing.T) {
	cfg := exchangesim.Config{Accounts: map[string]string{"svc1": "x", "svc2": "x"}}
	bubble(t, cfg, func(t *testing.T, s *exchangesim.Server, c *client) {
		mine, other := as(anna), as(anna)
		mine.user, other.user = "svc1:x", "svc2:x"
		id := c.subscribe(mine).subID
		c.open(other, 1, id).want("Error ErrorSubscriptionAccessDenied Closed 1 ids")
		asBert := mine
		asBert.impersonate = bert // whom the owner impersonates only chooses the budget
		c.open(asBert, 1, id).want(opened)
	})
}

func TestHangingConnectionLimit(t *testing.T) {
	bubble(t, exchangesim.Config{HangingConnectionLimit: 2}, func(t *testing.T, s *exchangesim.Server, c *client) {
		var streams []*stream
		for range 2 {
			st := c.open(as(anna), 1, c.subscribe(as(anna)).subID)
			st.want(opened)
			streams = append(streams, st)
		}
		id := c.subscribe(as(anna)).subID
		a := c.do(c.request(as(anna), streamBody(1, id)))
		if a.code != "ErrorExceededConnectionCount" || !strings.Contains(a.body, `Name="Policy">MaxStreamingConcurrency<`) {
			t.Errorf("third stream: have %d %s", a.status, a.body)
		}
		other := call{impersonate: bert, anchor: anna} // another one pays
		c.open(other, 1, id).want(opened)
		streams[0].close()
		synctest.Wait()
		c.open(as(anna), 1, c.subscribe(as(anna)).subID).want(opened)
	})
}

func TestMaxSubscriptions(t *testing.T) {
	bubble(t, exchangesim.Config{MaxSubscriptions: 2}, func(t *testing.T, s *exchangesim.Server, c *client) {
		first := c.subscribe(as(anna)).subID
		c.subscribe(as(anna))
		if have := c.do(c.request(as(anna), subscribeAll)).code; have != "ErrorExceededSubscriptionCount" {
			t.Errorf("third: have %s", have)
		}
		c.subscribe(as(bert))
		c.unsubscribe(as(anna), first)
		c.subscribe(as(anna))
	})
}

func TestMaxConcurrency(t *testing.T) {
	bubble(t, exchangesim.Config{MaxConcurrency: 2}, func(t *testing.T, s *exchangesim.Server, c *client) {
		s.Fail(exchangesim.Fault{Times: 2, Answer: exchangesim.FaultAnswer{Delay: 1e9}})
		codes := make(chan string, 3)
		for range 2 {
			go func() { codes <- c.do(c.request(as(anna), getInbox)).code }()
		}
		synctest.Wait()
		if have := c.do(c.request(as(anna), getInbox)).code; have != "ErrorExceededConnectionCount" {
			t.Errorf("third: have %s", have)
		}
		if have := c.do(c.request(as(bert), getInbox)).code; have != "NoError" {
			t.Errorf("another's: have %s", have)
		}
		if have := <-codes + " " + <-codes; have != "NoError NoError" {
			t.Errorf("the first two: have %s", have)
		}
	})
}
