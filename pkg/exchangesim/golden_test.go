package exchangesim_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samples makes one answer of each kind.
func samples(t *testing.T) map[string]string {
	files := map[string]string{}
	bubble(t, exchangesim.Config{Heartbeat: 40 * time.Second}, func(t *testing.T, s *exchangesim.Server, c *client) {
		a := c.do(c.request(group(anna, anna, ""), subscribeAll))
		files["subscribe/success"] = a.body
		b := c.subscribe(group(anna, bert, a.cookie))
		it := s.Deliver(anna)
		s.Move(anna, it.ID, "Projects")
		s.Accept(anna)
		s.MarkRead(bert, s.Deliver(bert).ID)
		res, err := c.http.Do(c.request(group(anna, anna, a.cookie), streamBody(1, a.subID, b.subID)))
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(50*time.Second, func() { s.DropSubscriptions(bert) })
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		envelopes := strings.SplitAfter(string(body), "</Envelope>")
		for i, name := range []string{"opening", "notifications", "heartbeat", "error", "closed"} {
			files["getstreamingevents/"+name] = envelopes[i]
		}
		files["unsubscribe/success"] = c.unsubscribe(group(anna, anna, a.cookie), a.subID).body
		s.AddMailbox("gina@sim.test", "ex09.sim.test", "FABRIKAM-1")
		files["subscribe/wrong-site"] = c.do(c.request(call{impersonate: "gina@sim.test", prefer: true, cookie: a.cookie}, subscribeAll)).body
		folders := `<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>` + ofInbox +
			`<t:DistinguishedFolderId Id="calendar"/><t:DistinguishedFolderId Id="contacts"/><t:DistinguishedFolderId Id="tasks"/><t:DistinguishedFolderId Id="nosuch"/></m:FolderIds></m:GetFolder>`
		files["getfolder/success"] = c.do(c.request(as(anna), folders)).body
		files["findfolder/success"] = c.do(c.request(as(anna), fmt.Sprintf(findDeep, "IdOnly", ""))).body
		s.Deliver(anna)
		files["finditem/success"] = c.do(c.request(as(anna), fmt.Sprintf(findSince, 10, 0, compare("IsGreaterThan", time.Unix(0, 0))))).body
		files["syncfolderitems/success"] = c.do(c.request(as(anna), fmt.Sprintf(syncInbox, "", 10))).body
		files["getitem/mixed"] = c.do(c.request(as(anna), fmt.Sprintf(getItems, `<t:ItemId Id="`+s.Accept(anna).ID+`"/><t:ItemId Id="`+it.ID+`"/>`))).body
		sampleContent(t, s, c, files)
		sampleOperations(t, s, c, files)
		s.Fail(exchangesim.Fault{Operation: "Subscribe", Answer: exchangesim.FaultAnswer{ResponseCode: "ErrorServerBusy", BackOffMilliseconds: 1000}})
		files["subscribe/busy"] = c.do(c.request(as(anna), subscribeAll)).body
		s.Fail(exchangesim.Fault{Answer: exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy", BackOffMilliseconds: 297749}})
		files["fault/busy"] = c.do(c.request(as(anna), subscribeAll)).body
		files["autodiscover/getusersettings"] = c.do(c.post("/autodiscover/autodiscover.svc", settingsRequest(anna, "nobody@sim.test"))).body
		synctest.Wait()
	})
	bubble(t, exchangesim.Config{Heartbeats: exchangesim.HeartbeatStatusEvent}, func(t *testing.T, s *exchangesim.Server, c *client) {
		res, err := c.http.Do(c.request(as(anna), streamBody(1, c.subscribe(as(anna)).subID)))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		files["getstreamingevents/heartbeat-statusevent"] = strings.SplitAfter(string(body), "</Envelope>")[1]
	})
	return files
}

// sampleContent reads a message with everything, an appointment, a contact and a task in all shapes.
func sampleContent(t *testing.T, s *exchangesim.Server, c *client, files map[string]string) {
	full, err := s.DeliverMIME(anna, []byte(fullMessage))
	if err != nil {
		t.Fatal(err)
	}
	ids := `<t:ItemId Id="` + full.ID + `"/><t:ItemId Id="` + s.Accept(anna).ID + `"/><t:ItemId Id="` + s.Create(anna, "contacts").ID +
		`"/><t:ItemId Id="` + s.Create(anna, "tasks").ID + `"/>`
	all := c.do(c.request(as(anna), `<m:GetItem>`+allShape+`<m:ItemIds>`+ids+`</m:ItemIds></m:GetItem>`))
	files["getitem/all"] = all.body
	attachment := regexp.MustCompile(`<t:AttachmentId [^>]*>`).FindString(all.body)
	files["getattachment/success"] = c.do(c.request(as(anna), `<m:GetAttachment><m:AttachmentIds>`+attachment+`<t:AttachmentId Id="junk"/></m:AttachmentIds></m:GetAttachment>`)).body
	find := `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>%s</t:BaseShape></m:ItemShape><m:ParentFolderIds>` + ofInbox + `</m:ParentFolderIds></m:FindItem>`
	files["finditem/default"] = c.do(c.request(as(anna), fmt.Sprintf(find, "Default"))).body
	files["finditem/all"] = c.do(c.request(as(anna), fmt.Sprintf(find, "AllProperties"))).body
}

// sampleOperations does what clients do to a mailbox.
func sampleOperations(t *testing.T, s *exchangesim.Server, c *client, files map[string]string) {
	w := &work{client: c, s: s}
	for name, body := range map[string]string{
		"resolvenames/success":       `<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>anna</m:UnresolvedEntry></m:ResolveNames>`,
		"resolvenames/none":          `<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>zoe</m:UnresolvedEntry></m:ResolveNames>`,
		"getservertimezones/success": `<m:GetServerTimeZones><m:Ids><t:Id>UTC</t:Id><t:Id>W. Europe Standard Time</t:Id></m:Ids></m:GetServerTimeZones>`,
		"createitem/error":           fmt.Sprintf(createFormat, "", "", messageToBert),
	} {
		files[name] = w.call(body).body
	}
	created := w.call(fmt.Sprintf(createFormat, "SaveOnly", "", messageToBert))
	id, key := created.firstID(t)
	files["createitem/success"] = created.body
	files["updateitem/success"] = w.call(fmt.Sprintf(updateFormat, "AutoResolve", id, key, setSubject)).body
	files["updateitem/error"] = w.call(fmt.Sprintf(updateFormat, "NeverOverwrite", id, key, setSubject)).body
	files["copyitem/success"] = w.call(fmt.Sprintf(moveFormat, "CopyItem", "notes", id)).body
	files["moveitem/success"] = w.call(fmt.Sprintf(moveFormat, "MoveItem", "notes", id)).body
	files["moveitem/error"] = w.call(fmt.Sprintf(moveFormat, "MoveItem", "notes", id)).body
	files["deleteitem/error"] = w.call(fmt.Sprintf(deleteFormat, "HardDelete", id)).body
	kept := s.Deliver(anna)
	_, key = w.call(fmt.Sprintf(getItems, `<t:ItemId Id="`+kept.ID+`"/>`)).firstID(t)
	files["senditem/success"] = w.call(fmt.Sprintf(sendFormat, true, kept.ID, key)).body
	files["deleteitem/success"] = w.call(fmt.Sprintf(deleteFormat, "SoftDelete", s.Deliver(anna).ID)).body
	sampleFolders(w, files)
	made := w.call(fmt.Sprintf(createFolderFormat, "Sub"))
	files["createfolder/success"] = made.body
	folder := regexp.MustCompile(`<t:FolderId [^>]*>`).FindString(made.body)
	files["convertid/success"] = w.call(`<m:ConvertId DestinationFormat="HexEntryId"><m:SourceIds><t:AlternateId Format="EwsId" Mailbox="` + anna + `" Id="` + kept.ID + `"/></m:SourceIds></m:ConvertId>`).body
	pull, mark := w.subscribePull(5, "")
	files["subscribe/pull"] = w.call(pullBody(5, "")).body
	files["getevents/status"] = w.call(getEventsBody(pull, mark)).body
	files["deletefolder/success"] = w.call(`<m:DeleteFolder DeleteType="MoveToDeletedItems"><m:FolderIds>` + folder + `</m:FolderIds></m:DeleteFolder>`).body
	s.Deliver(anna)
	files["getevents/events"] = w.call(getEventsBody(pull, mark)).body
}

// sampleFolders changes folders, and what is in them.
func sampleFolders(w *work, files map[string]string) {
	files["syncfolderhierarchy/first"] = w.syncHierarchy("", "").body
	other := w.s.CreateFolder(anna, "notes", "Other").ID
	state := hierarchyState(w.syncHierarchy("", ""))
	id := folderIDs(w.must(createFolderFormat, "Below").body)[0]
	for _, sample := range []struct{ name, body string }{
		{"updatefolder/success", fmt.Sprintf(updateFolderFormat, id, fmt.Sprintf(setName, "Renamed"))},
		{"updatefolder/error", fmt.Sprintf(updateFolderFormat, id, strings.ReplaceAll(fmt.Sprintf(setName, "x"), "DisplayName", "TotalCount"))},
		{"movefolder/success", fmt.Sprintf(moveFolderFormat, "MoveFolder", "notes", id)},
		{"movefolder/error", fmt.Sprintf(moveFolderFormat, "MoveFolder", "notes", id)},
		{"copyfolder/success", fmt.Sprintf(moveFolderFormat, "CopyFolder", "tasks", id)},
		{"markallitemsasread/success", fmt.Sprintf(markAllFormat, true, ofInbox)},
		{"createattachment/mixed", fmt.Sprintf(attachFormat, w.s.Deliver(anna).ID, fmt.Sprintf(textFile, "a.txt")+`<t:ItemAttachment/>`)},
		{"deleteattachment/success", fmt.Sprintf(detachFormat, readyFile(w))},
		{"deleteattachment/error", fmt.Sprintf(detachFormat, "junk")},
		{"createitem/accept", fmt.Sprintf(answerFormat, "AcceptItem", readyMeeting(w))},
		{"getitem/meetingrequest", `<m:GetItem>` + allShape + `<m:ItemIds><t:ItemId Id="` + readyMeeting(w) + `"/></m:ItemIds></m:GetItem>`},
		{"emptyfolder/success", fmt.Sprintf(emptyFolderFormat, "SoftDelete", false, ofInbox)},
		{"emptyfolder/error", fmt.Sprintf(emptyFolderFormat, "SoftDelete", true, `<t:DistinguishedFolderId Id="calendar"/>`)},
	} {
		files[sample.name] = w.call(sample.body).body
	}
	w.must(deleteFolderFormat, "HardDelete", other)
	files["syncfolderhierarchy/changes"] = w.syncHierarchy("", state).body
	files["syncfolderhierarchy/error"] = w.syncHierarchy("", "junk").body
}

func TestGolden(t *testing.T) {
	for name, have := range samples(t) {
		path := filepath.Join("testdata", "wire", filepath.FromSlash(name)+".xml")
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(have), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(lines(string(want)), lines(have)); d != "" {
			t.Errorf("%s (-want +have):\n%s", name, d)
		}
	}
}

// lines breaks an answer where elements meet, for a difference that can be read.
func lines(s string) []string { return strings.Split(strings.ReplaceAll(s, "><", ">\n<"), "\n") }

var soapBody = regexp.MustCompile(`(?s)<(?:s|soap11):Body[^>]*>(.*)</(?:s|soap11):Body>`)

// deviations are what real servers write otherwise than the schema wants, and what the schema wants:
//   - Notification in a stream, and the ids in ErrorSubscriptionIds, are in the messages namespace: public captures of
//     streams, ews-managed-api and exchangelib.
var deviations = map[string]*strings.Replacer{
	"getstreamingevents/": strings.NewReplacer("<m:Notification>", "<t:Notification>", "</m:Notification>", "</t:Notification>",
		"<m:ErrorSubscriptionIds><m:SubscriptionId>", "<m:ErrorSubscriptionIds><t:SubscriptionId>",
		"</m:SubscriptionId></m:ErrorSubscriptionIds>", "</t:SubscriptionId></m:ErrorSubscriptionIds>"),
}

// TestSchema validates the bodies against the published schemas, but for the deviations.
func TestSchema(t *testing.T) {
	reference := os.Getenv("EWSNATS_REFERENCE")
	if reference == "" {
		t.Skip("EWSNATS_REFERENCE does not name the folder of the schemas")
	}
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	folder := t.TempDir()
	args := []string{"--noout", "--nonet", "--schema", filepath.Join(reference, "xsd", "messages.xsd")}
	for name, have := range samples(t) {
		body := soapBody.FindStringSubmatch(have)
		switch {
		case body == nil:
			t.Errorf("%s has no body: %s", name, have)
			continue
		case strings.HasPrefix(name, "fault/") || strings.HasPrefix(name, "autodiscover/"):
			continue // not of these schemas
		}
		for prefix, asSchema := range deviations {
			if strings.HasPrefix(name, prefix) {
				body[1] = asSchema.Replace(body[1])
			}
		}
		path := filepath.Join(folder, strings.ReplaceAll(name, "/", "-")+".xml")
		if err := os.WriteFile(path, []byte(body[1]), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if out, err := exec.Command(lint, args...).CombinedOutput(); err != nil {
		for line := range strings.Lines(string(out)) {
			if !strings.HasSuffix(line, " validates\n") {
				t.Error(strings.TrimSpace(line))
			}
		}
	}
}
