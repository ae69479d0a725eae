package exchangesim_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	anna = "anna@sim.test"
	bert = "bert@sim.test"
	cora = "cora@sim.test"
	ex01 = "ex01.sim.test"
	ex02 = "ex02.sim.test"
	site = "CONTOSO-1"
)

// client is a plain EWS client of the tests' own.
type client struct {
	t    testing.TB
	http *http.Client
	base string
}

// newSim starts a simulator with anna and bert on ex01 and cora on ex02, all in one site, over pipes.
func newSim(t *testing.T, cfg exchangesim.Config) (*exchangesim.Server, *client) {
	t.Helper()
	s := exchangesim.New(cfg)
	s.AddServer(ex01)
	s.AddMailbox(anna, ex01, site)
	s.AddMailbox(bert, ex01, site)
	s.AddMailbox(cora, ex02, site)
	l := exchangesim.NewPipeListener()
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	tr := &http.Transport{DialContext: l.DialContext, DisableCompression: true}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-served; err != http.ErrServerClosed {
			t.Errorf("Serve: %v, want %v", err, http.ErrServerClosed)
		}
		tr.CloseIdleConnections()
	})
	return s, &client{t: t, http: &http.Client{Transport: tr}, base: "http://mail.sim.test"}
}

// call says how a request is sent.
type call struct {
	impersonate string
	anchor      string
	prefer      bool
	cookie      string
	user        string // and password, of Basic
	bearer      string
	version     string
	header      map[string]string
}

// as impersonates the mailbox and anchors on it.
func as(address string) call { return call{impersonate: address, anchor: address} }

// group is a call of a group with its anchor, the way the documents want it.
func group(anchor, member, cookie string) call {
	return call{impersonate: member, anchor: anchor, prefer: true, cookie: cookie}
}

const envelopeFormat = `<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
<s:Header><t:RequestServerVersion Version="%s"/>%s</s:Header><s:Body>%s</s:Body></s:Envelope>`

func (c *client) request(o call, body string) *http.Request {
	c.t.Helper()
	var impersonation string
	if o.impersonate != "" {
		impersonation = "<t:ExchangeImpersonation><t:ConnectingSID><t:SmtpAddress>" + o.impersonate + "</t:SmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>"
	}
	if o.version == "" {
		o.version = "Exchange2010_SP1" // every server knows it
	}
	r := c.post("/EWS/Exchange.asmx", fmt.Sprintf(envelopeFormat, o.version, impersonation, body))
	o.decorate(r)
	return r
}

func (c *client) post(path, body string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	return r
}

func (o call) decorate(r *http.Request) {
	if o.anchor != "" {
		r.Header.Set("X-AnchorMailbox", o.anchor)
	}
	if o.prefer {
		r.Header.Set("X-PreferServerAffinity", "true")
	}
	if o.cookie != "" {
		r.Header.Set("Cookie", "X-BackEndOverrideCookie="+o.cookie)
	}
	if user, password, ok := strings.Cut(o.user, ":"); ok {
		r.SetBasicAuth(user, password)
	}
	if o.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+o.bearer)
	}
	for k, v := range o.header {
		r.Header.Set(k, v)
	}
}

// answer is an ordinary answer.
type answer struct {
	status  int
	header  http.Header
	body    string
	code    string // of the first message, or of the fault
	codes   []string
	subID   string
	cookie  string
	message string
}

func (c *client) do(r *http.Request) answer {
	c.t.Helper()
	res, err := c.http.Do(r)
	if err != nil {
		c.t.Fatalf("%s: %v", r.URL.Path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("%s: %v", r.URL.Path, err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(b)}
	a.parse()
	return a
}

// parse picks the codes and what else tests look at, by local name.
func (a *answer) parse() {
	d := xml.NewDecoder(strings.NewReader(a.body))
	for {
		tok, err := d.Token()
		if err != nil {
			break
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "ResponseCode":
			var code string
			_ = d.DecodeElement(&code, &start)
			a.codes = append(a.codes, code)
		case "SubscriptionId":
			_ = d.DecodeElement(&a.subID, &start)
		case "MessageText":
			_ = d.DecodeElement(&a.message, &start)
		}
	}
	if len(a.codes) > 0 {
		a.code = a.codes[0]
	}
	for _, line := range a.header.Values("Set-Cookie") {
		if v, ok := strings.CutPrefix(line, "X-BackEndOverrideCookie="); ok {
			a.cookie, _, _ = strings.Cut(v, ";")
		}
	}
}

const allTypes = `<t:EventTypes><t:EventType>CopiedEvent</t:EventType><t:EventType>CreatedEvent</t:EventType><t:EventType>DeletedEvent</t:EventType>` +
	`<t:EventType>ModifiedEvent</t:EventType><t:EventType>MovedEvent</t:EventType><t:EventType>NewMailEvent</t:EventType><t:EventType>FreeBusyChangedEvent</t:EventType></t:EventTypes>`

const subscribeAll = `<m:Subscribe><m:StreamingSubscriptionRequest SubscribeToAllFolders="true">` + allTypes + `</m:StreamingSubscriptionRequest></m:Subscribe>`

func subscribeTo(folder, types string) string {
	return `<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds>` + folder + `</t:FolderIds>` + types + `</m:StreamingSubscriptionRequest></m:Subscribe>`
}

// subscribe subscribes to all folders and must succeed.
func (c *client) subscribe(o call) answer {
	c.t.Helper()
	a := c.do(c.request(o, subscribeAll))
	if a.code != "NoError" || a.subID == "" {
		c.t.Fatalf("Subscribe %+v: %s %s", o, a.code, a.body)
	}
	return a
}

func (c *client) unsubscribe(o call, id string) answer {
	c.t.Helper()
	return c.do(c.request(o, "<m:Unsubscribe><m:SubscriptionId>"+id+"</m:SubscriptionId></m:Unsubscribe>"))
}

// wire is an event as the wire has it.
type wire struct {
	XMLName   xml.Name
	TimeStamp string
	ItemID    id   `xml:"ItemId"`
	FolderID  id   `xml:"FolderId"`
	Parent    id   `xml:"ParentFolderId"`
	OldItem   id   `xml:"OldItemId"`
	OldParent id   `xml:"OldParentFolderId"`
	Unread    *int `xml:"UnreadCount"`
}

type id struct {
	ID        string `xml:"Id,attr"`
	ChangeKey string `xml:",attr"`
}

// envelope is one envelope of a stream.
type envelope struct {
	Messages []struct {
		Class         string   `xml:"ResponseClass,attr"`
		Code          string   `xml:"ResponseCode"`
		Status        string   `xml:"ConnectionStatus"`
		ErrorIDs      []string `xml:"ErrorSubscriptionIds>SubscriptionId"`
		Notifications []struct {
			SubscriptionID string `xml:"SubscriptionId"`
			Events         []wire `xml:",any"`
		} `xml:"Notifications>Notification"`
	} `xml:"Body>GetStreamingEventsResponse>ResponseMessages>GetStreamingEventsResponseMessage"`
}

// String tells an envelope in a line: Success NoError OK, Error ErrorX Closed 2 ids, Success NoError 3+1 events.
func (e envelope) String() string {
	var words []string
	for _, m := range e.Messages {
		words = append(words, m.Class, m.Code)
		if m.Status != "" {
			words = append(words, m.Status)
		}
		if len(m.ErrorIDs) > 0 {
			words = append(words, fmt.Sprint(len(m.ErrorIDs)), "ids")
		}
		var counts []string
		for _, n := range m.Notifications {
			counts = append(counts, fmt.Sprint(len(n.Events)))
		}
		if len(counts) > 0 {
			words = append(words, strings.Join(counts, "+"), "events")
		}
	}
	return strings.Join(words, " ")
}

// types returns the names of the events of an envelope.
func (e envelope) types() []string {
	var names []string
	for _, n := range e.Messages[0].Notifications {
		for _, ev := range n.Events {
			names = append(names, ev.XMLName.Local)
		}
	}
	return names
}

// stream is an open GetStreamingEvents answer.
type stream struct {
	t      testing.TB
	header http.Header
	d      *xml.Decoder
	body   io.ReadCloser
	cancel context.CancelFunc
}

func streamBody(minutes int, ids ...string) string {
	return "<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>" + strings.Join(ids, "</t:SubscriptionId><t:SubscriptionId>") +
		fmt.Sprintf("</t:SubscriptionId></m:SubscriptionIds><m:ConnectionTimeout>%d</m:ConnectionTimeout></m:GetStreamingEvents>", minutes)
}

// open opens a stream, which must be answered with 200.
func (c *client) open(o call, minutes int, ids ...string) *stream {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	res, err := c.http.Do(c.request(o, streamBody(minutes, ids...)).WithContext(ctx))
	if err != nil {
		cancel()
		c.t.Fatalf("GetStreamingEvents: %v", err)
	}
	s := &stream{t: c.t, header: res.Header, d: xml.NewDecoder(res.Body), body: res.Body, cancel: cancel}
	c.t.Cleanup(s.close)
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("GetStreamingEvents: %s", res.Status)
	}
	return s
}

func (s *stream) close() {
	s.cancel()
	s.body.Close()
}

// next reads an envelope, or the error that ended the stream.
func (s *stream) next() (envelope, error) {
	var e envelope
	err := s.d.Decode(&e)
	return e, err
}

// want reads an envelope and compares it with its line.
func (s *stream) want(line string) envelope {
	s.t.Helper()
	e, err := s.next()
	if err != nil {
		s.t.Fatalf("stream: %v, want %q", err, line)
	}
	if have := e.String(); have != line {
		s.t.Fatalf("envelope: have %q, want %q", have, line)
	}
	return e
}

// wantEnd reads the end of the stream.
func (s *stream) wantEnd(want error) {
	s.t.Helper()
	e, err := s.next()
	if err == nil {
		s.t.Fatalf("envelope %q, want the end %v", e, want)
	}
	if want == io.EOF && err != io.EOF || want != io.EOF && err == io.EOF {
		s.t.Fatalf("end: have %v, want %v", err, want)
	}
}
