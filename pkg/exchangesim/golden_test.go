package exchangesim_test

import (
	"bytes"
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
		s.Script(exchangesim.Fault{Operation: "Subscribe", Answer: exchangesim.FaultAnswer{ResponseCode: "ErrorServerBusy", BackOffMilliseconds: 1000}})
		files["subscribe/busy"] = c.do(c.request(as(anna), subscribeAll)).body
		s.Script(exchangesim.Fault{Answer: exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy", BackOffMilliseconds: 297749}})
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

// TestSchema validates the bodies against the published schemas. Two things real servers do differently are put as the
// schema wants them first: the namespaces of Notification and of the ids in ErrorSubscriptionIds.
func TestSchema(t *testing.T) {
	reference := os.Getenv("EWSNATS_REFERENCE")
	if reference == "" {
		t.Skip("EWSNATS_REFERENCE does not name the folder of the schemas")
	}
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	asSchema := strings.NewReplacer("<m:Notification>", "<t:Notification>", "</m:Notification>", "</t:Notification>",
		"<m:ErrorSubscriptionIds><m:SubscriptionId>", "<m:ErrorSubscriptionIds><t:SubscriptionId>",
		"</m:SubscriptionId></m:ErrorSubscriptionIds>", "</t:SubscriptionId></m:ErrorSubscriptionIds>")
	for name, have := range samples(t) {
		body := soapBody.FindStringSubmatch(have)
		if body == nil {
			t.Errorf("%s has no body: %s", name, have)
			continue
		}
		if strings.HasPrefix(name, "fault/") || strings.HasPrefix(name, "autodiscover/") {
			continue // not of these schemas
		}
		cmd := exec.Command(lint, "--noout", "--nonet", "--schema", filepath.Join(reference, "xsd", "messages.xsd"), "-")
		cmd.Stdin = strings.NewReader(asSchema.Replace(body[1]))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s\n%s", name, err, bytes.TrimSpace(out), body[1])
		}
	}
}
