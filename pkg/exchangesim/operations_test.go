package exchangesim_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

var itemIDs = regexp.MustCompile(`<t:ItemId Id="([^"]*)" ChangeKey="([^"]*)"`)

// firstID is the first item id of an answer, with its change key.
func (a answer) firstID(t testing.TB) (id, key string) {
	t.Helper()
	m := itemIDs.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no item id in %s", a.body)
	}
	return m[1], m[2]
}

const (
	messageToBert = `<t:Message><t:Subject>Hi</t:Subject><t:Body BodyType="Text">Text</t:Body><t:ToRecipients><t:Mailbox><t:EmailAddress>Bert@sim.test</t:EmailAddress></t:Mailbox></t:ToRecipients>` +
		`<t:BccRecipients><t:Mailbox><t:EmailAddress>cora@sim.test</t:EmailAddress></t:Mailbox><t:Mailbox><t:EmailAddress>nobody@example.com</t:EmailAddress></t:Mailbox></t:BccRecipients></t:Message>`
	createFormat = `<m:CreateItem MessageDisposition="%s">%s<m:Items>%s</m:Items></m:CreateItem>`
	updateFormat = `<m:UpdateItem ConflictResolution="%s" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange><t:ItemId Id="%s" ChangeKey="%s"/><t:Updates>%s</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`
	deleteFormat = `<m:DeleteItem DeleteType="%s"><m:ItemIds><t:ItemId Id="%s"/></m:ItemIds></m:DeleteItem>`
	sendFormat   = `<m:SendItem SaveItemToFolder="%v"><m:ItemIds><t:ItemId Id="%s" ChangeKey="%s"/></m:ItemIds></m:SendItem>`
	moveFormat   = `<m:%[1]s><m:ToFolderId><t:DistinguishedFolderId Id="%[2]s"/></m:ToFolderId><m:ItemIds><t:ItemId Id="%[3]s"/></m:ItemIds></m:%[1]s>`
	setSubject   = `<t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:Message><t:Subject>New &amp; shiny</t:Subject></t:Message></t:SetItemField>`
	setUnread    = `<t:SetItemField><t:FieldURI FieldURI="message:IsRead"/><t:Message><t:IsRead>false</t:IsRead></t:Message></t:SetItemField>`
)

// work is a client that does something, and the kinds and events of the truth since it began.
type work struct {
	*client
	s    *exchangesim.Server
	seen exchangesim.Counts
}

func (w *work) begin() { w.seen = w.s.Counts() }

// since tells the changes with their events: "send anna: Created, Modified(sentitems)".
func (w *work) since() string {
	truth := w.s.Truth()
	var told []string
	for _, ch := range truth.Changes[w.seen.Changes:] {
		var events []string
		for _, e := range truth.Events {
			if e.Change != ch.Seq {
				continue
			}
			name := strings.TrimSuffix(e.Type, "Event")
			if e.FolderID != "" {
				name += "(" + e.Folder + ")"
			}
			if e.AllItems {
				name += "[all]"
			}
			if e.FoldersOnly {
				name += "[folders]"
			}
			events = append(events, name)
		}
		user, _, _ := strings.Cut(ch.Mailbox, "@")
		told = append(told, ch.Kind+" "+user+": "+strings.Join(events, " "))
	}
	return strings.Join(told, "; ")
}

func (w *work) call(body string) answer { return w.do(w.request(as(anna), body)) }

func withWork(t *testing.T, cfg exchangesim.Config, do func(t *testing.T, w *work)) {
	t.Helper()
	bubble(t, cfg, func(t *testing.T, s *exchangesim.Server, c *client) { do(t, &work{client: c, s: s}) })
}

func TestWhatClientsDoIsInTheTruth(t *testing.T) {
	for _, test := range []struct {
		name      string
		deletions exchangesim.DeletionForm
		do        func(w *work, id, key string) answer
		want      string
	}{
		{"save", exchangesim.DeletionMoved, func(w *work, _, _ string) answer {
			return w.call(fmt.Sprintf(createFormat, "SaveOnly", "", messageToBert))
		},
			"create anna: Created Modified(drafts)"},
		{"send", exchangesim.DeletionMoved, func(w *work, _, _ string) answer {
			return w.call(fmt.Sprintf(createFormat, "SendOnly", "", messageToBert))
		},
			"deliver bert: Created NewMail Modified(inbox); deliver cora: Created NewMail Modified(inbox)"},
		{"send and keep", exchangesim.DeletionMoved, func(w *work, _, _ string) answer {
			return w.call(fmt.Sprintf(createFormat, "SendAndSaveCopy", "", messageToBert))
		}, "send anna: Created Modified(sentitems); deliver bert: Created NewMail Modified(inbox); deliver cora: Created NewMail Modified(inbox)"},
		{"update", exchangesim.DeletionMoved, func(w *work, id, key string) answer {
			return w.call(fmt.Sprintf(updateFormat, "AutoResolve", id, key, setSubject))
		},
			"update anna: Modified Modified(inbox)"},
		{"unread", exchangesim.DeletionMoved, func(w *work, id, key string) answer {
			w.call(fmt.Sprintf(updateFormat, "AutoResolve", id, key, strings.ReplaceAll(setUnread, "false", "true")))
			return w.call(fmt.Sprintf(updateFormat, "AutoResolve", id, key, setUnread))
		}, "read anna: Modified Modified(inbox); unread anna: Modified Modified(inbox)"},
		{"move", exchangesim.DeletionMoved, func(w *work, id, _ string) answer { return w.call(fmt.Sprintf(moveFormat, "MoveItem", "notes", id)) },
			"move anna: Modified Moved Modified(inbox) Modified(notes)"},
		{"copy", exchangesim.DeletionMoved, func(w *work, id, _ string) answer { return w.call(fmt.Sprintf(moveFormat, "CopyItem", "notes", id)) },
			"copy anna: Created Modified(notes)"},
		{"hard delete", exchangesim.DeletionMoved, func(w *work, id, _ string) answer { return w.call(fmt.Sprintf(deleteFormat, "HardDelete", id)) },
			"delete anna: Deleted Modified(inbox)"},
		{"soft delete", exchangesim.DeletionMoved, func(w *work, id, _ string) answer { return w.call(fmt.Sprintf(deleteFormat, "SoftDelete", id)) },
			"softdelete anna: Moved Modified(inbox)"},
		{"to Deleted Items", exchangesim.DeletionMoved, func(w *work, id, _ string) answer { return w.call(fmt.Sprintf(deleteFormat, "MoveToDeletedItems", id)) },
			"trash anna: Moved Modified(inbox) Modified(deleteditems)"},
		{"hard delete, AllItems", exchangesim.DeletionAllItems, func(w *work, id, _ string) answer { return w.call(fmt.Sprintf(deleteFormat, "HardDelete", id)) },
			"delete anna: Deleted Deleted[all] Modified(inbox)"},
		{"soft delete, AllItems", exchangesim.DeletionAllItems, func(w *work, id, _ string) answer { return w.call(fmt.Sprintf(deleteFormat, "SoftDelete", id)) },
			"softdelete anna: Moved[folders] Deleted[all] Deleted[all] Modified(inbox)"},
		{"to Deleted Items, AllItems", exchangesim.DeletionAllItems, func(w *work, id, _ string) answer {
			return w.call(fmt.Sprintf(deleteFormat, "MoveToDeletedItems", id))
		}, "trash anna: Moved[folders] Deleted[all] Created[all] Modified(inbox) Modified(deleteditems)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			withWork(t, exchangesim.Config{Deletions: test.deletions}, func(t *testing.T, w *work) {
				w.s.Deliver(anna)
				id, key := w.call(fmt.Sprintf(getItems, `<t:ItemId Id="`+w.s.Deliver(anna).ID+`"/>`)).firstID(t)
				w.begin()
				if a := test.do(w, id, key); a.code != "NoError" {
					t.Fatalf("%s: %s", a.code, a.message)
				}
				if have := w.since(); have != test.want {
					t.Errorf("have %s\nwant %s", have, test.want)
				}
			})
		})
	}
}

// Subscriptions see the form of a deletion that is theirs.
func TestAllItemsSeenByFormOfSubscription(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		all, inbox := w.subscribe(as(anna)).subID, w.call(subscribeTo(ofInbox, allTypes)).subID
		w.call(fmt.Sprintf(deleteFormat, "MoveToDeletedItems", w.s.Deliver(anna).ID))
		for id, want := range map[string]string{
			all:   "CreatedEvent NewMailEvent ModifiedEvent DeletedEvent CreatedEvent ModifiedEvent ModifiedEvent",
			inbox: "CreatedEvent NewMailEvent ModifiedEvent MovedEvent ModifiedEvent",
		} {
			st := w.open(as(anna), 1, id)
			st.want("Success NoError OK")
			if e, err := st.next(); err != nil || strings.Join(e.types(), " ") != want {
				t.Errorf("have %v %v, want %s", e.types(), err, want)
			}
		}
	})
}

func TestSentMessage(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		id, key := w.call(fmt.Sprintf(createFormat, "SaveOnly", "", messageToBert)).firstID(t)
		wantAll(t, w.getItem(id, allShape), `<t:IsDraft>true</t:IsDraft>`, `<t:IsRead>true</t:IsRead>`, `<t:BccRecipients>`,
			`<t:From><t:Mailbox><t:Name>`+anna, `<t:Subject>Hi</t:Subject>`, `<t:Body BodyType="Text">Text</t:Body>`)
		for _, test := range []struct{ key, want string }{{"", "ErrorChangeKeyRequiredForWriteOperations"}, {"stale", "ErrorStaleObject"}} {
			if have := w.call(fmt.Sprintf(sendFormat, true, id, test.key)).code; have != test.want {
				t.Errorf("key %q: have %s, want %s", test.key, have, test.want)
			}
		}
		w.begin()
		if a := w.call(fmt.Sprintf(sendFormat, true, id, key)); a.code != "NoError" {
			t.Fatal(a.body)
		}
		if have, want := w.since(), "send anna: Moved Modified(drafts) Modified(sentitems); deliver bert: Created NewMail Modified(inbox); deliver cora: Created NewMail Modified(inbox)"; have != want {
			t.Errorf("have %s\nwant %s", have, want)
		}
		got := w.s.Truth().Changes[2].ItemID
		body := w.do(w.request(as(bert), `<m:GetItem>`+allShape+`<m:ItemIds><t:ItemId Id="`+got+`"/></m:ItemIds></m:GetItem>`)).body
		wantAll(t, body, `<t:IsDraft>false</t:IsDraft>`, `<t:IsRead>false</t:IsRead>`, `<t:Subject>Hi</t:Subject>`)
		if strings.Contains(body, "cora") {
			t.Errorf("bert sees whom the blind copy went to: %s", body)
		}
	})
}

func TestUpdateConflicts(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		id := w.s.Deliver(anna).ID
		_, old := w.call(fmt.Sprintf(getItems, `<t:ItemId Id="`+id+`"/>`)).firstID(t)
		w.s.MarkRead(anna, id)
		for _, test := range []struct{ mode, key, want string }{
			{"NeverOverwrite", old, "ErrorIrresolvableConflict"}, {"NeverOverwrite", "", "ErrorChangeKeyRequired"},
			{"AutoResolve", "", "ErrorChangeKeyRequired"}, {"AutoResolve", old, "NoError"}, {"AlwaysOverwrite", "", "NoError"},
			{"Sometimes", old, "ErrorSchemaValidation"},
		} {
			if have := w.call(fmt.Sprintf(updateFormat, test.mode, id, test.key, setSubject)).code; have != test.want {
				t.Errorf("%s with %q: have %s, want %s", test.mode, test.key, have, test.want)
			}
		}
		_, now := w.call(fmt.Sprintf(getItems, `<t:ItemId Id="`+id+`"/>`)).firstID(t)
		a := w.call(fmt.Sprintf(updateFormat, "NeverOverwrite", id, now, setSubject))
		if _, next := a.firstID(t); next == now {
			t.Error("the change key did not change")
		}
		wantAll(t, w.getItem(id, allShape), `<t:Subject>New &amp; shiny</t:Subject>`, `<t:IsUnmodified>false</t:IsUnmodified>`)
	})
}

func TestUpdatesOfFields(t *testing.T) {
	set := func(uri, property string) string {
		return `<t:SetItemField><t:FieldURI FieldURI="` + uri + `"/><t:Message>` + property + `</t:Message></t:SetItemField>`
	}
	own := `<t:ExtendedFieldURI PropertySetId="c11ff724-aa03-4555-9952-8fa248a11c3e" PropertyName="mine" PropertyType="String"/>`
	for _, test := range []struct{ name, update, want string }{
		{"body", set("item:Body", `<t:Body BodyType="HTML">&lt;b&gt;</t:Body>`), `<t:Body BodyType="HTML">&lt;b&gt;</t:Body>`},
		{"categories", set("item:Categories", `<t:Categories><t:String>a</t:String></t:Categories>`), `<t:Categories><t:String>a</t:String></t:Categories>`},
		{"importance", set("item:Importance", `<t:Importance>High</t:Importance>`), `<t:Importance>High</t:Importance>`},
		{"importance wrong", set("item:Importance", `<t:Importance>Huge</t:Importance>`), "ErrorInvalidPropertySet"},
		{"read-only", set("item:Size", `<t:Size>1</t:Size>`), "ErrorInvalidPropertySet"},
		{"two properties", set("item:Subject", `<t:Subject>a</t:Subject><t:Body BodyType="Text">b</t:Body>`), "ErrorUpdatePropertyMismatch"},
		{"own", `<t:SetItemField>` + own + `<t:Message><t:ExtendedProperty>` + own + `<t:Value>v</t:Value></t:ExtendedProperty></t:Message></t:SetItemField>`, `<t:Value>v</t:Value>`},
		{"delete", `<t:DeleteItemField><t:FieldURI FieldURI="item:Subject"/></t:DeleteItemField>`, `<t:ItemClass>IPM.Note</t:ItemClass><t:Sensitivity>`},
		{"delete read state", `<t:DeleteItemField><t:FieldURI FieldURI="message:IsRead"/></t:DeleteItemField>`, "ErrorInvalidPropertyDelete"},
		{"append", strings.ReplaceAll(set("item:Body", `<t:Body BodyType="Text">more</t:Body>`), "SetItem", "AppendToItem"), "to anna@sim.test.&#xD;&#xA;more</t:Body>"},
		{"append subject", strings.ReplaceAll(set("item:Subject", `<t:Subject>more</t:Subject>`), "SetItem", "AppendToItem"), "ErrorInvalidPropertyAppend"},
	} {
		t.Run(test.name, func(t *testing.T) {
			withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
				id := w.s.Deliver(anna).ID
				a := w.call(fmt.Sprintf(updateFormat, "AlwaysOverwrite", id, "", test.update))
				if strings.HasPrefix(test.want, "Error") {
					if a.code != test.want {
						t.Errorf("have %s, want %s", a.code, test.want)
					}
					return
				}
				wantAll(t, w.getItem(id, strings.Replace(allShape, "<t:AdditionalProperties>", "<t:AdditionalProperties>"+own, 1)), test.want)
			})
		})
	}
}

func TestFolders(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		create := `<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>Sub</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>`
		remove := `<m:DeleteFolder DeleteType="%s"><m:FolderIds>%s</m:FolderIds></m:DeleteFolder>`
		w.begin()
		sub := regexp.MustCompile(`<t:FolderId [^>]*>`).FindString(w.call(create).body)
		for _, step := range []struct{ body, want string }{
			{create, "ErrorFolderExists"},
			{fmt.Sprintf(remove, "HardDelete", ofInbox), "ErrorDeleteDistinguishedFolder"},
			{fmt.Sprintf(remove, "MoveToDeletedItems", sub), "NoError"},
			{create, "NoError"},
			{fmt.Sprintf(remove, "MoveToDeletedItems", sub), "NoError"},
			{fmt.Sprintf(remove, "SoftDelete", sub), "ErrorFolderNotFound"},
		} {
			if have := w.call(step.body).code; have != step.want {
				t.Errorf("have %s, want %s", have, step.want)
			}
		}
		want := "createfolder anna: Created() Modified(inbox); trashfolder anna: Moved()[folders] Modified(inbox) Modified(deleteditems); " +
			"createfolder anna: Created() Modified(inbox); deletefolder anna: Deleted() Modified(deleteditems)"
		if have := w.since(); have != want {
			t.Errorf("have %s\nwant %s", have, want)
		}
	})
}

func TestFindItemRestrictions(t *testing.T) {
	field := func(operator, uri, value string) string {
		return `<t:` + operator + `><t:FieldURI FieldURI="` + uri + `"/><t:FieldURIOrConstant><t:Constant Value="` + value + `"/></t:FieldURIOrConstant></t:` + operator + `>`
	}
	contains := func(mode, comparison, uri, value string) string {
		return `<t:Contains ContainmentMode="` + mode + `" ContainmentComparison="` + comparison + `"><t:FieldURI FieldURI="` + uri + `"/><t:Constant Value="` + value + `"/></t:Contains>`
	}
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		for i, subject := range []string{"Alpha one", "alpha two", "Beta"} {
			it, err := w.s.DeliverMIME(anna, fmt.Appendf(nil, "Subject: %s\r\nFrom: F%d <f%d@example.com>\r\nTo: anna@sim.test\r\n\r\n%s", subject, i, i, strings.Repeat("x", 100*i)))
			if err != nil {
				t.Fatal(err)
			}
			if i == 1 {
				w.s.MarkRead(anna, it.ID)
			}
			time.Sleep(time.Minute)
		}
		for _, test := range []struct{ restriction, order, want string }{
			{"", "item:Subject Ascending", "Alpha one, alpha two, Beta"},
			{"", "item:DateTimeReceived Descending", "Beta, alpha two, Alpha one"},
			{field("IsEqualTo", "message:IsRead", "true"), "", "alpha two"},
			{field("IsEqualTo", "item:Subject", "beta"), "", "Beta"},
			{field("IsNotEqualTo", "item:Subject", "Beta"), "", "Alpha one, alpha two"},
			{field("IsGreaterThan", "item:Size", "200"), "item:Size Descending", "Beta"},
			{"<t:Not>" + field("IsEqualTo", "message:IsRead", "true") + "</t:Not>", "", "Alpha one, Beta"},
			{"<t:Or>" + field("IsEqualTo", "item:Subject", "Beta") + contains("Prefixed", "Exact", "item:Subject", "Alpha") + "</t:Or>", "", "Alpha one, Beta"},
			{contains("Prefixed", "IgnoreCase", "item:Subject", "alpha"), "", "Alpha one, alpha two"},
			{contains("Substring", "IgnoreCase", "message:From", "F1@EXAMPLE"), "", "alpha two"},
			{contains("PrefixOnWords", "IgnoreCase", "item:Subject", "tw"), "", "alpha two"},
			{contains("FullString", "Exact", "item:Subject", "Alpha"), "", ""},
			{`<t:Exists><t:FieldURI FieldURI="item:InReplyTo"/></t:Exists>`, "", ""},
			{field("IsEqualTo", "item:Nonsense", "1"), "", "ErrorUnsupportedPathForQuery"},
			{field("IsGreaterThan", "item:Size", "big"), "", "ErrorUnsupportedPathForQuery"},
		} {
			body := `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>`
			if test.restriction != "" {
				body += `<m:Restriction>` + test.restriction + `</m:Restriction>`
			}
			if uri, direction, ok := strings.Cut(test.order, " "); ok {
				body += `<m:SortOrder><t:FieldOrder Order="` + direction + `"><t:FieldURI FieldURI="` + uri + `"/></t:FieldOrder></m:SortOrder>`
			}
			a := w.call(body + `<m:ParentFolderIds>` + ofInbox + `</m:ParentFolderIds></m:FindItem>`)
			var subjects []string
			for _, m := range regexp.MustCompile(`<t:Subject>([^<]*)<`).FindAllStringSubmatch(a.body, -1) {
				subjects = append(subjects, m[1])
			}
			have := strings.Join(subjects, ", ")
			if a.code != "NoError" {
				have = a.code
			}
			if have != test.want {
				t.Errorf("%s by %s: have %q, want %q", test.restriction, test.order, have, test.want)
			}
		}
	})
}

func TestCreateItemRefuses(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		for _, test := range []struct{ disposition, item, want string }{
			{"SaveOnly", `<t:Message><t:MimeContent>!</t:MimeContent></t:Message>`, "ErrorMimeContentInvalidBase64String"},
			{"SaveOnly", `<t:Message><t:MimeContent>bm9uZQ==</t:MimeContent></t:Message>`, "ErrorMimeContentInvalid"},
			{"SendOnly", `<t:Message><t:Subject>x</t:Subject></t:Message>`, "ErrorInvalidRecipients"},
			{"SaveOnly", `<t:Message><t:Body BodyType="HTML"><p>x</p></t:Body></t:Message>`, "ErrorSchemaValidation"},
			{"", `<t:Message/>`, "ErrorMessageDispositionRequired"},
			{"Later", `<t:Message/>`, "ErrorSchemaValidation"},
			{"SaveOnly", ``, "ErrorSchemaValidation"},
			{"", `<t:CalendarItem/>`, "ErrorSendMeetingInvitationsRequired"},
		} {
			if have := w.call(fmt.Sprintf(createFormat, test.disposition, "", test.item)).code; have != test.want {
				t.Errorf("%s %s: have %s, want %s", test.disposition, test.item, have, test.want)
			}
		}
		if n := w.s.Counts().Changes; n != 0 {
			t.Errorf("%d changes were made", n)
		}
	})
}

func TestResolveNames(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		for entry, want := range map[string][]string{
			"smtp:Anna@sim.test": {"NoError", anna}, "b": {"NoError", bert}, "": {"ErrorSchemaValidation"}, "zoe": {"ErrorNameResolutionNoResults"},
		} {
			a := w.call(`<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>` + entry + `</m:UnresolvedEntry></m:ResolveNames>`)
			if a.code != want[0] || len(want) > 1 && !strings.Contains(a.body, "<t:EmailAddress>"+want[1]) {
				t.Errorf("%s: have %s", entry, a.body)
			}
		}
		w.s.AddMailbox("annabel@sim.test", ex01, site)
		a := w.call(`<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>ann</m:UnresolvedEntry></m:ResolveNames>`)
		wantAll(t, a.body, `ResponseClass="Warning"`, "ErrorNameResolutionMultipleResults", anna, "annabel@sim.test")
	})
}

func TestConvertID(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		convert := func(from, to, id string) string {
			a := w.call(`<m:ConvertId DestinationFormat="` + to + `"><m:SourceIds><t:AlternateId Format="` + from + `" Id="` + id + `" Mailbox="` + anna + `"/></m:SourceIds></m:ConvertId>`)
			if m := regexp.MustCompile(` Id="([^"]*)"`).FindStringSubmatch(a.body); m != nil {
				return m[1]
			}
			return a.code
		}
		it := w.s.Deliver(anna)
		for _, id := range []string{it.ID, it.FolderID} {
			hex := convert("EwsId", "HexEntryId", id)
			if have := convert("EntryId", "EwsId", convert("HexEntryId", "EntryId", hex)); have != id || !strings.HasPrefix(hex, "00000000") {
				t.Errorf("from %s by %s: have %s", id, hex, have)
			}
		}
		// DavMail learns its mailbox by an id of a folder and an address that is nobody's.
		a := w.call(`<m:ConvertId DestinationFormat="EwsId"><m:SourceIds><t:AlternateId Format="EwsId" Id="` + it.FolderID + `" Mailbox="blah@example.org"/></m:SourceIds></m:ConvertId>`)
		if !strings.Contains(a.body, ` Id="`+it.FolderID+`" Mailbox="`+anna+`"`) {
			t.Error(a.body)
		}
		refused := []string{convert("EwsId", "OwaId", it.ID), convert("EwsId", "EntryId", "DUMMY"), convert("HexEntryId", "EwsId", "00")}
		if want := []string{"ErrorUnsupportedTypeForConversion", "ErrorInvalidIdMalformed", "ErrorInvalidIdMalformed"}; !slices.Equal(refused, want) {
			t.Errorf("have %q, want %q", refused, want)
		}
	})
}
