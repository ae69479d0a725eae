package exchangesim_test

import (
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// What tells the profiles apart on the wire; of gromox MoreEvents counts as an event.
func TestProfiles(t *testing.T) {
	const onPremises = "X-Beserver X-Calculatedbetarget X-Diaginfo X-Ewshandler X-Feserver Request-Id"
	const host = 2 + len(ex01) + 4 + 16
	for _, test := range []struct {
		profile   exchangesim.Profile
		version   string
		cookies   string // of an anchor's Subscribe
		headers   string
		idLength  int
		budget    exchangesim.Budget
		life      time.Duration
		heartbeat string
		fault     int // HTTP status of a fault
		soap      int // of SOAP Autodiscover
	}{
		{exchangesim.Exchange2010, "14.1.218.14 Exchange2010_SP1", "exchangecookie", "X-Aspnet-Version Persistent-Auth", host,
			exchangesim.Budget{HangingConnectionLimit: 10, MaxSubscriptions: 20, MaxConcurrency: 10, ConcurrentSyncCalls: -1}, 30 * time.Minute, opened, 500, 200},
		{exchangesim.Exchange2013, "15.0.847.31 V2_8", "X-BackEndOverrideCookie exchangecookie", onPremises, host + 8,
			exchangesim.Budget{HangingConnectionLimit: 3, MaxSubscriptions: 5000, MaxConcurrency: 27, ConcurrentSyncCalls: -1}, 30 * time.Minute, opened, 500, 200},
		{exchangesim.Exchange2016, "15.1.1591.10 V2017_07_11", "X-BackEndOverrideCookie exchangecookie", onPremises, host + 28,
			exchangesim.Budget{HangingConnectionLimit: 10, MaxSubscriptions: 5000, MaxConcurrency: 27, ConcurrentSyncCalls: 5}, 30 * time.Minute, opened, 500, 200},
		{exchangesim.Exchange2019, "15.2.1544.4 V2017_07_11", "X-BackEndOverrideCookie exchangecookie", onPremises, host + 28,
			exchangesim.Budget{HangingConnectionLimit: 10, MaxSubscriptions: 5000, MaxConcurrency: 27, ConcurrentSyncCalls: 5}, 30 * time.Minute, opened, 500, 200},
		{exchangesim.ExchangeSE, "15.2.2562.17 V2017_07_11", "X-BackEndOverrideCookie exchangecookie", onPremises, host + 28,
			exchangesim.Budget{HangingConnectionLimit: 10, MaxSubscriptions: 5000, MaxConcurrency: 27, ConcurrentSyncCalls: 5}, 30 * time.Minute, opened, 500, 200},
		{exchangesim.ExchangeOnline, "15.20.8769.35 V2018_01_08", "X-BackEndOverrideCookie exchangecookie",
			onPremises + " X-Feserver X-Calculatedfetarget X-Backendhttpstatus X-Feproxyinfo X-Feefzinfo X-Proxy-Routingcorrectness", host + 28,
			exchangesim.Budget{HangingConnectionLimit: 10, MaxSubscriptions: 20, MaxConcurrency: 27, ConcurrentSyncCalls: 5}, 30 * time.Minute, opened, 500, 200},
		{exchangesim.Gromox, "15.0.847.4040 V2017_07_11", "", "", 8,
			exchangesim.Budget{HangingConnectionLimit: -1, MaxSubscriptions: -1, MaxConcurrency: -1, ConcurrentSyncCalls: -1}, 5 * time.Minute, "Success NoError OK 2 events", 200, 404},
	} {
		t.Run(string(test.profile), func(t *testing.T) {
			bubble(t, exchangesim.Config{Profile: test.profile}, func(t *testing.T, s *exchangesim.Server, c *client) {
				a := c.subscribe(group(anna, anna, ""))
				version := regexp.MustCompile(`MajorVersion="(\d+)" MinorVersion="(\d+)" MajorBuildNumber="(\d+)" MinorBuildNumber="(\d+)" Version="(\w+)"`)
				if m := version.FindStringSubmatch(a.body); m == nil || strings.Join(m[1:5], ".")+" "+m[5] != test.version {
					t.Errorf("version %q in %s", m, a.body)
				}
				if have := cookieNames(a); have != test.cookies {
					t.Errorf("cookies %q, want %q", have, test.cookies)
				}
				if have := ownHeaders(a); !slices.Equal(have, slices.Sorted(slices.Values(strings.Fields(test.headers)))) {
					t.Errorf("headers %q, want %q", have, test.headers)
				}
				if id, err := base64.StdEncoding.DecodeString(a.subID); err != nil || len(id) != test.idLength {
					t.Errorf("id of %d bytes, want %d, %v", len(id), test.idLength, err)
				}
				if have := s.SetBudget(exchangesim.Budget{}); have != test.budget {
					t.Errorf("budget %+v, want %+v", have, test.budget)
				}
				o := group(anna, anna, a.cookie)
				o.header = map[string]string{"Cookie": strings.Join(a.header.Values("Set-Cookie"), "; ")}
				st := c.open(o, 30, a.subID)
				st.want(opened)
				st.want(test.heartbeat)
				st.close()
				synctest.Wait() // the server has noticed
				if have := c.do(c.request(as("nobody@sim.test"), getInbox)); have.status != test.fault {
					t.Errorf("fault with %d, want %d", have.status, test.fault)
				}
				if have := c.do(c.post("/autodiscover/autodiscover.svc", settingsRequest(anna))); have.status != test.soap {
					t.Errorf("Autodiscover answered %d, want %d", have.status, test.soap)
				}
				s.Advance(test.life - time.Second)
				if have := s.Counts().Subscriptions; have != 1 {
					t.Errorf("the subscription died before %v", test.life)
				}
				s.Advance(time.Second)
				if have := s.Counts().Subscriptions; have != 0 {
					t.Errorf("the subscription lives after %v", test.life)
				}
			})
		})
	}
}

func cookieNames(a answer) string {
	var names []string
	for _, line := range a.header.Values("Set-Cookie") {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// ownHeaders are the names, as often as they come, that every server's answers have not.
func ownHeaders(a answer) (names []string) {
	for name, values := range a.header {
		if !slices.Contains([]string{"Cache-Control", "Content-Length", "Content-Type", "Date", "Server", "Set-Cookie", "X-Powered-By"}, name) {
			names = append(names, slices.Repeat([]string{name}, len(values))...)
		}
	}
	slices.Sort(names)
	return names
}

// Exchange 2010 knows no anchors: only its cookie leads back to the server that knows the subscription.
func TestExchange2010BindsByItsCookie(t *testing.T) {
	bubble(t, exchangesim.Config{Profile: exchangesim.Exchange2010}, func(t *testing.T, s *exchangesim.Server, c *client) {
		a := c.subscribe(as(anna))
		value, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
		for range 2 { // whichever server is next in turn
			o := as(anna)
			o.header = map[string]string{"Cookie": value}
			st := c.open(o, 1, a.subID)
			st.want(opened)
			st.close()
		}
		var codes []string
		for range 2 {
			st := c.open(as(anna), 1, a.subID)
			e, err := st.next()
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, e.String())
			st.close()
		}
		if !slices.Contains(codes, opened) || codes[0] == codes[1] {
			t.Errorf("without the cookie: %q, want one of two servers to know the id", codes)
		}
	})
}

// The envelopes are those of the captures, byte for byte but for the ids and times.
func TestGromoxEnvelopes(t *testing.T) {
	bubble(t, exchangesim.Config{Profile: exchangesim.Gromox}, func(t *testing.T, s *exchangesim.Server, c *client) {
		sub := c.subscribe(as(anna))
		s.Deliver(anna)
		res, err := c.http.Do(c.request(as(anna), streamBody(1, sub.subID, "/wAAAAUAAAA=")))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.Header.Get("Content-Type") != "text/xml" || sub.subID != "AQAAAAUAAAA=" {
			t.Fatal(err, res.Header, sub.subID)
		}
		wantAll(t, string(body), `<m:ErrorSubscriptionIds><SubscriptionId>/wAAAAUAAAA=</SubscriptionId></m:ErrorSubscriptionIds><m:ConnectionStatus>OK<`,
			`<t:MoreEvents>false</t:MoreEvents><t:CreatedEvent><t:TimeStamp>2000-01-01T00:00:00.000000000Z</t:TimeStamp><t:ItemId Id="`)
		if strings.Count(string(body), "<?xml") != 1 || strings.Contains(string(body), "ChangeKey") {
			t.Errorf("declaration or ChangeKey in %s", body)
		}
		envelopes := strings.SplitAfter(string(body), "</SOAP:Envelope>")
		wantCaptured(t, envelopes[len(envelopes)-2], "04-stream-timeout1-events.txt")
		wantCaptured(t, c.firstEnvelope(as(bert), c.subscribe(as(bert)).subID), "05-stream-events.txt")
		wantCaptured(t, c.firstEnvelope(as(bert), "/wAAAAUAAAA="), "10-stream-bad-id.txt")
	})
}

func (c *client) firstEnvelope(o call, id string) string {
	res, err := c.http.Do(c.request(o, streamBody(1, id)))
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b := make([]byte, 4096)
	n, _ := res.Body.Read(b)
	return string(b[:n])
}

func wantCaptured(t *testing.T, have, file string) {
	t.Helper()
	dir := os.Getenv("EWSNATS_REFERENCE")
	if dir == "" {
		t.Skip("EWSNATS_REFERENCE names no folder with captures to compare with")
	}
	capture, err := os.ReadFile(filepath.Join(dir, "gromox-wire", file))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(capture), have) {
		t.Errorf("not in %s: %s", file, have)
	}
}

// A subscription to a folder of gromox's sees mails come, and all else as a change of the folder.
func TestGromoxFolderSubscription(t *testing.T) {
	bubble(t, exchangesim.Config{Profile: exchangesim.Gromox}, func(t *testing.T, s *exchangesim.Server, c *client) {
		o := as(anna)
		st := c.open(o, 30, c.do(c.request(o, subscribeTo(ofInbox, allTypes))).subID)
		st.want(opened)
		it := s.Deliver(anna)
		if have := st.want("Success NoError OK 4 events").types(); !slices.Contains(have, "NewMailEvent") {
			t.Errorf("have %q", have)
		}
		s.Move(anna, it.ID, "notes")
		if have := st.want("Success NoError OK 2 events").types(); !slices.Equal(have, []string{"MoreEvents", "ModifiedEvent"}) {
			t.Errorf("moved: have %q", have)
		}
		foreign := c.subscribe(as(bert))
		st = c.open(o, 30, foreign.subID)
		st.want("Error ErrorInvalidSubscription Closed 1 ids")
	})
}
