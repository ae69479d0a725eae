package exchangesim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// ofBert names a folder of bert's.
func ofBert(folder string) string {
	return `<t:DistinguishedFolderId Id="` + folder + `"><t:Mailbox><t:EmailAddress>bert@sim.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`
}

func getFolder(ref string) string { return strings.Replace(getInbox, ofInbox, ref, 1) }

// onItem are operations that name an item, by the item's element.
var onItem = map[string]string{
	"read":   getItems,
	"copy":   `<m:CopyItem><m:ToFolderId>` + ofInbox + `</m:ToFolderId><m:ItemIds>%s</m:ItemIds></m:CopyItem>`,
	"move":   `<m:MoveItem><m:ToFolderId>` + ofInbox + `</m:ToFolderId><m:ItemIds>%s</m:ItemIds></m:MoveItem>`,
	"delete": `<m:DeleteItem DeleteType="HardDelete"><m:ItemIds>%s</m:ItemIds></m:DeleteItem>`,
}

// TestDelegates: anna acts in bert's mailbox by her own account.
func TestDelegates(t *testing.T) {
	const folder = "ErrorFolderNotFound"
	inbox := func(p exchangesim.Permission) func(*exchangesim.Server) {
		return func(s *exchangesim.Server) { s.Delegate(bert, "Anna@sim.test", p, "inbox") }
	}
	full := func(s *exchangesim.Server) { s.Delegate(bert, anna, exchangesim.FullAccess) }
	for _, test := range []struct {
		name                                                              string
		grant                                                             func(*exchangesim.Server)
		see, other, write, subscribe, readItem, copyItem, moveItem, erase string
	}{
		{"nothing", func(*exchangesim.Server) {}, folder, folder, folder, folder, "ErrorItemNotFound", "ErrorItemNotFound", "ErrorItemNotFound", "ErrorItemNotFound"},
		{"reviewer", inbox(exchangesim.Reviewer), "NoError", folder, "ErrorAccessDenied", "ErrorSubscriptionDelegateAccessNotSupported",
			"NoError", "NoError", "ErrorAccessDenied", "ErrorAccessDenied"},
		{"editor", inbox(exchangesim.Editor), "NoError", folder, "NoError", "ErrorSubscriptionDelegateAccessNotSupported", "NoError", "NoError", "NoError", "NoError"},
		{"full access", full, "NoError", "NoError", "NoError", "NoError", "NoError", "NoError", "NoError", "NoError"},
		{"all but the inbox", func(s *exchangesim.Server) { full(s); inbox(exchangesim.PermissionNone)(s) },
			folder, "NoError", folder, folder, "ErrorItemNotFound", "ErrorItemNotFound", "ErrorItemNotFound", "ErrorItemNotFound"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{Accounts: map[string]string{anna: "hers"}}, func(t *testing.T, s *exchangesim.Server, c *client) {
				test.grant(s)
				want := func(what, body, code string) {
					t.Helper()
					if have := c.do(c.request(call{user: anna + ":hers"}, body)).code; have != code {
						t.Errorf("%s: have %s, want %s", what, have, code)
					}
				}
				want("see", getFolder(ofBert("inbox")), test.see)
				want("see another", getFolder(ofBert("calendar")), test.other)
				want("write", `<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>`+ofBert("inbox")+`</m:SavedItemFolderId><m:Items><t:Message/></m:Items></m:CreateItem>`, test.write)
				want("subscribe", subscribeTo(ofBert("inbox"), allTypes), test.subscribe)
				for what, code := range map[string]string{"read": test.readItem, "copy": test.copyItem, "move": test.moveItem, "delete": test.erase} {
					want(what, fmt.Sprintf(onItem[what], `<t:ItemId Id="`+s.Deliver(bert).ID+`"/>`), code)
				}
			})
		})
	}
}

// A folder has the permissions of the nearest one above it that has some, and FindFolder leaves out what may not be seen.
func TestPermissionsReachDown(t *testing.T) {
	bubble(t, exchangesim.Config{Accounts: map[string]string{"svc": "x"}}, func(t *testing.T, s *exchangesim.Server, c *client) {
		s.CreateFolder(bert, "inbox", "Letters")
		s.CreateFolder(bert, "inbox", "Secrets")
		s.Delegate(bert, "svc", exchangesim.Reviewer, "inbox")
		s.Delegate(bert, "svc", exchangesim.PermissionNone, "Secrets")
		a := c.do(c.request(call{user: "svc:x"}, `<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:ParentFolderIds>`+
			ofBert("inbox")+`</m:ParentFolderIds></m:FindFolder>`))
		if !strings.Contains(a.body, "Letters") || strings.Contains(a.body, "Secrets") {
			t.Errorf("have %s", a.body)
		}
	})
}

// What a delegate with a subscription may do: no more than one mailbox, no all folders, and the events are the account's.
func TestSubscriptionsOfDelegates(t *testing.T) {
	accounts := map[string]string{"svc": "x", "other": "x", anna: "hers"}
	for _, test := range []struct {
		name, body string
		mode       exchangesim.DelegateMode
		permission exchangesim.Permission
		call       call
		status     int
		code       string
	}{
		{"full access", subscribeTo(ofBert("inbox")+ofBert("calendar"), allTypes), "", exchangesim.FullAccess, call{user: "svc:x"}, 200, "NoError"},
		{"reader", subscribeTo(ofBert("inbox"), allTypes), exchangesim.DelegatesSubscribeAsReaders, exchangesim.Reviewer, call{user: "svc:x"}, 200, "NoError"},
		{"not a reader", subscribeTo(ofBert("inbox"), allTypes), exchangesim.DelegatesSubscribeAsReaders, exchangesim.PermissionNone, call{user: "svc:x"}, 200, "ErrorFolderNotFound"},
		{"two mailboxes", subscribeTo(ofBert("inbox")+ofAnnasInbox, allTypes), "", exchangesim.FullAccess, call{user: anna + ":hers"}, 200, "ErrorInvalidSubscriptionRequest"},
		{"all folders", subscribeAll, "", exchangesim.FullAccess, call{user: "svc:x"}, 500, "ErrorMissingEmailAddress"},
		{"not whose", subscribeTo(ofInbox, allTypes), "", exchangesim.FullAccess, call{user: "svc:x"}, 500, "ErrorMissingEmailAddress"},
		{"unknown mailbox", subscribeTo(strings.Replace(ofBertsInbox, "bert", "nobody", 1), allTypes), "", exchangesim.FullAccess, call{user: "svc:x"}, 200, "ErrorNonExistentMailbox"},
		{"impersonating a delegate", subscribeTo(ofBert("inbox"), allTypes), "", exchangesim.FullAccess, call{user: "svc:x", impersonate: anna}, 200, "NoError"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{Accounts: accounts, DelegateSubscriptions: test.mode}, func(t *testing.T, s *exchangesim.Server, c *client) {
				s.Delegate(bert, "svc", test.permission)
				s.Delegate(bert, anna, test.permission)
				test.call.anchor = bert
				a := c.do(c.request(test.call, test.body))
				if a.status != test.status || a.code != test.code {
					t.Fatalf("have %d %s, want %d %s", a.status, a.code, test.status, test.code)
				}
				if a.code != "NoError" {
					return
				}
				st := c.open(test.call, 1, a.subID)
				st.want(opened)
				s.Deliver(bert)
				st.want("Success NoError 3 events")
				c.open(call{user: "other:x", anchor: bert}, 1, a.subID).want("Error ErrorSubscriptionAccessDenied Closed 1 ids")
			})
		})
	}
}

func TestGromoxSubscribesReaders(t *testing.T) {
	if have := exchangesim.New(exchangesim.Config{Profile: exchangesim.Gromox}).Config().DelegateSubscriptions; have != exchangesim.DelegatesSubscribeAsReaders {
		t.Errorf("have %q", have)
	}
}

func TestImpersonationHeaders(t *testing.T) {
	const named = `<t:%s>anna@sim.test</t:%[1]s>`
	for _, test := range []struct{ name, sid, code string }{
		{"primary address", fmt.Sprintf(named, "PrimarySmtpAddress"), "NoError"},
		{"principal name", fmt.Sprintf(named, "PrincipalName"), "NoError"},
		{"bad principal name", `<t:PrincipalName>anna</t:PrincipalName>`, "ErrorInvalidUserPrincipalName"},
		{"SID", `<t:SID>S-1-5-21-1-2-3-1104</t:SID>`, "ErrorInvalidUserSid"},
		{"nobody", ``, "ErrorInvalidExchangeImpersonationHeaderData"},
		{"another element", fmt.Sprintf(named, "Mailbox"), "ErrorInvalidExchangeImpersonationHeaderData"},
		{"two", strings.Repeat(fmt.Sprintf(named, "SmtpAddress"), 2), "ErrorSchemaValidation"},
		{"with a security context", fmt.Sprintf(named, "SmtpAddress") + `</t:ConnectingSID></t:ExchangeImpersonation><t:SerializedSecurityContext/>` +
			`<t:ExchangeImpersonation><t:ConnectingSID>`, "ErrorMoreThanOneAccessModeSpecified"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				header := `<t:ExchangeImpersonation><t:ConnectingSID>` + test.sid + `</t:ConnectingSID></t:ExchangeImpersonation>`
				a := c.do(c.post("/EWS/Exchange.asmx", fmt.Sprintf(envelopeFormat, "Exchange2013_SP1", header, getInbox)))
				if a.code != test.code {
					t.Errorf("have %d %s, want %s", a.status, a.code, test.code)
				}
			})
		})
	}
}
