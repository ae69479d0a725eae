package exchangesim_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// FuzzRequest answers whatever a client sends, without a panic, with an envelope.
func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		fmt.Sprintf(createFormat, "SaveOnly", `<m:SavedItemFolderId><t:DistinguishedFolderId Id="inbox"/></m:SavedItemFolderId>`, messageToBert),
		fmt.Sprintf(createFormat, "SendAndSaveCopy", "", messageToBert),
		fmt.Sprintf(updateFormat, "AlwaysOverwrite", "ITEM", "", setSubject+`<t:DeleteItemField><t:FieldURI FieldURI="item:Body"/></t:DeleteItemField>`),
		fmt.Sprintf(deleteFormat, "SoftDelete", "ITEM"), fmt.Sprintf(sendFormat, true, "ITEM", "k"), fmt.Sprintf(moveFormat, "MoveItem", "notes", "ITEM"),
		`<m:GetItem>` + allShape + `<m:ItemIds><t:ItemId Id="ITEM"/></m:ItemIds></m:GetItem>`,
		`<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:Restriction><t:Not><t:Contains ContainmentMode="Substring">` +
			`<t:FieldURI FieldURI="item:Subject"/><t:Constant Value="M"/></t:Contains></t:Not></m:Restriction><m:ParentFolderIds>` + ofInbox + `</m:ParentFolderIds></m:FindItem>`,
		`<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id="ITEM"/></m:AttachmentIds></m:GetAttachment>`,
		`<m:ConvertId DestinationFormat="EntryId"><m:SourceIds><t:AlternateId Format="EwsId" Id="ITEM" Mailbox="` + anna + `"/></m:SourceIds></m:ConvertId>`,
		`<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>` + ofInbox + `</m:FolderIds></m:DeleteFolder>`,
		fmt.Sprintf(updateFolderFormat, "FOLDER", fmt.Sprintf(setName, "x")), fmt.Sprintf(moveFolderFormat, "MoveFolder", "notes", "FOLDER"),
		fmt.Sprintf(moveFolderFormat, "CopyFolder", "notes", "FOLDER"), fmt.Sprintf(emptyFolderFormat, "SoftDelete", true, ofInbox),
		fmt.Sprintf(markAllFormat, true, ofInbox), fmt.Sprintf(attachFormat, "ITEM", fmt.Sprintf(textFile, "a")), fmt.Sprintf(detachFormat, "ITEM"),
		fmt.Sprintf(answerFormat, "AcceptItem", "ITEM"), `<m:SyncFolderHierarchy><m:SyncState>AAAA</m:SyncState></m:SyncFolderHierarchy>`,
		pullBody(5, "AAAAAFgGAAAAAAAAAQ=="), getEventsBody("id", "AAAAAFgGAAAAAAAAAQ=="), subscribeAll, streamBody(1, "id"),
		`<m:GetServerTimeZones/>`, `<m:ResolveNames><m:UnresolvedEntry>a</m:UnresolvedEntry></m:ResolveNames>`,
	} {
		f.Add(body)
	}
	done, cancel := context.WithCancel(context.Background())
	cancel() // streams end at once
	f.Fuzz(func(t *testing.T, body string) {
		s := exchangesim.New(exchangesim.Config{})
		defer func() { _ = s.Close() }()
		s.AddMailbox(anna, ex01, site)
		s.AddMailbox(bert, ex01, site)
		it, folder := s.Deliver(anna), s.CreateFolder(anna, "inbox", "Child").ID
		c := &client{t: t, base: "http://mail.sim.test"}
		if strings.Contains(body, "GetStreamingEvents") {
			return // hangs, and ends with an abort
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, c.request(as(anna), strings.NewReplacer("ITEM", it.ID, "FOLDER", folder).Replace(body)).WithContext(done))
		if a := (&answer{body: w.Body.String(), header: w.Header()}); w.Code != 200 && w.Code != 500 || !strings.HasSuffix(a.body, "Envelope>") {
			t.Errorf("HTTP %d: %s", w.Code, a.body)
		}
	})
}
