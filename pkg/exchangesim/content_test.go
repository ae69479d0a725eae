package exchangesim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const fullMessage = "From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>\r\nSender: office@example.com\r\nTo: Anna <anna@sim.test>, b@example.com\r\n" +
	"Cc: c@example.com\r\nReply-To: answers@example.com\r\nSubject: Re: =?utf-8?b?R3LDvMOfZQ==?=\r\nDate: Fri, 31 Dec 1999 23:59:00 +0000\r\n" +
	"Message-ID: <full@example.com>\r\nIn-Reply-To: <before@example.com>\r\nReferences: <first@example.com> <before@example.com>\r\n" +
	"Importance: high\r\nSensitivity: Company-Confidential\r\nKeywords: red, blue\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n" +
	"--inner\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nsch=F6n\r\n" +
	"--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>schön &amp; gut</p>\r\n--inner--\r\n" +
	"--outer\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nUERG\r\n--outer--\r\n"

// allShape asks for everything that a base shape has, and what none has.
const allShape = `<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent><t:BodyType>Best</t:BodyType><t:AdditionalProperties>` +
	`<t:FieldURI FieldURI="item:UniqueBody"/><t:FieldURI FieldURI="item:Flag"/><t:FieldURI FieldURI="item:Preview"/><t:FieldURI FieldURI="item:TextBody"/>` +
	`<t:ExtendedFieldURI PropertyTag="0x1035" PropertyType="String"/></t:AdditionalProperties></m:ItemShape>`

// getItem reads an item in the shape with all.
func (c *client) getItem(id, shape string) string {
	c.t.Helper()
	a := c.do(c.request(as(anna), `<m:GetItem>`+shape+`<m:ItemIds><t:ItemId Id="`+id+`"/></m:ItemIds></m:GetItem>`))
	if a.code != "NoError" {
		c.t.Fatalf("GetItem: %s", a.body)
	}
	return a.body
}

func wantAll(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(body, part) {
			t.Errorf("%s is missing in\n%s", part, strings.Join(lines(body), "\n"))
		}
	}
}

func TestDeliveredMIMEIsTheItem(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		it, err := s.DeliverMIME(anna, []byte(fullMessage))
		if err != nil {
			t.Fatal(err)
		}
		wantAll(t, c.getItem(it.ID, allShape),
			`<t:MimeContent CharacterSet="UTF-8">`+base64.StdEncoding.EncodeToString([]byte(fullMessage))+`</t:MimeContent>`,
			`<t:Subject>Re: Grüße</t:Subject>`, `<t:Sensitivity>Confidential</t:Sensitivity>`, `<t:Importance>High</t:Importance>`,
			`<t:Body BodyType="HTML">&lt;p&gt;schön &amp;amp; gut&lt;/p&gt;</t:Body>`, `<t:TextBody BodyType="Text">schön</t:TextBody>`,
			`<t:Name>a.pdf</t:Name>`, `<t:HasAttachments>true</t:HasAttachments>`, fmt.Sprintf(`<t:Size>%d</t:Size>`, len(fullMessage)),
			`<t:Categories><t:String>red</t:String><t:String>blue</t:String></t:Categories>`, `<t:InReplyTo>&lt;before@example.com&gt;</t:InReplyTo>`,
			`<t:DateTimeSent>1999-12-31T23:59:00Z</t:DateTimeSent>`, `<t:DateTimeReceived>2000-01-01T00:00:00Z</t:DateTimeReceived>`,
			`<t:Sender><t:Mailbox><t:Name>office@example.com</t:Name><t:EmailAddress>office@example.com</t:EmailAddress>`,
			`<t:From><t:Mailbox><t:Name>Jörg</t:Name><t:EmailAddress>joerg@example.com</t:EmailAddress>`,
			`<t:DisplayTo>Anna; b@example.com</t:DisplayTo>`, `<t:InternetMessageId>&lt;full@example.com&gt;</t:InternetMessageId>`,
			`<t:IsRead>false</t:IsRead>`, `<t:IsDraft>false</t:IsDraft>`, `<t:ItemClass>IPM.Note</t:ItemClass>`, `<t:ConversationTopic>Grüße</t:ConversationTopic>`)
		if _, err := s.DeliverMIME(anna, []byte("no header")); err == nil {
			t.Error("a message without a header was taken")
		}
	})
}

func TestControlDeliversMIME(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, _ *exchangesim.Server, c *client) {
		given, _ := json.Marshal(map[string]string{"mailbox": anna, "mime": "Subject: by hand\r\n\r\nText\r\n"})
		var it exchangesim.Item
		if err := json.Unmarshal([]byte(c.do(c.post("/sim/deliver", string(given))).body), &it); err != nil {
			t.Fatal(err)
		}
		wantAll(t, c.getItem(it.ID, allShape), `<t:Subject>by hand</t:Subject>`)
		if a := c.do(c.post("/sim/deliver", `{"mailbox":"`+anna+`","mime":"none"}`)); a.status != http.StatusBadRequest {
			t.Errorf("bad MIME: HTTP %d", a.status)
		}
	})
}

// A generated item says the same wherever it is moved or copied.
func TestGeneratedContentStays(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		s.Deliver(anna)
		it := s.Deliver(anna)
		moved := s.Move(anna, it.ID, "Projects")
		dup := s.Copy(anna, moved.ID, "drafts")
		for _, id := range []string{moved.ID, dup.ID} {
			wantAll(t, c.getItem(id, allShape), `<t:Subject>Message 2</t:Subject>`, `<t:ToRecipients><t:Mailbox><t:Name>`+anna, `This is message 2`)
		}
	})
}

func TestBodyTypes(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		deliver := func(kind, body string) string {
			it, err := s.DeliverMIME(anna, []byte("Subject: x\r\nContent-Type: "+kind+"\r\n\r\n"+body))
			if err != nil {
				t.Fatal(err)
			}
			return it.ID
		}
		text, html := deliver("text/plain", "a < b"), deliver("text/html", "<style>p{}</style><p>a &lt; b</p>")
		for _, test := range []struct{ id, kind, want string }{
			{text, "Best", `BodyType="Text">a &lt; b<`}, {text, "Text", `BodyType="Text">a &lt; b<`},
			{text, "HTML", `BodyType="HTML">&lt;html&gt;&lt;body&gt;&lt;pre&gt;a &amp;lt; b&lt;/pre&gt;`},
			{html, "Best", `BodyType="HTML">&lt;style`}, {html, "HTML", `BodyType="HTML">&lt;style`}, {html, "Text", `BodyType="Text">a &lt; b<`},
		} {
			shape := `<m:ItemShape><t:BaseShape>Default</t:BaseShape><t:BodyType>` + test.kind + `</t:BodyType></m:ItemShape>`
			wantAll(t, c.getItem(test.id, shape), test.want)
		}
	})
}

func TestDeliverMIMEToNobody(t *testing.T) {
	s := exchangesim.New(exchangesim.Config{})
	s.AddMailbox(anna, ex01, site)
	if !s.HasMailbox(strings.ToUpper(anna)) || s.HasMailbox("nobody@sim.test") {
		t.Error("the wrong mailboxes are there")
	}
	if it, err := s.DeliverMIME("nobody@sim.test", []byte(fullMessage)); err == nil || it.ID != "" || !strings.Contains(err.Error(), `no mailbox "nobody@sim.test"`) {
		t.Errorf("have %+v, %v", it, err)
	}
}
