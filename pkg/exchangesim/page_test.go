package exchangesim_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func (c *client) text(path string) (string, http.Header) {
	c.t.Helper()
	res, err := c.http.Get(c.base + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatal(path, res.Status, err)
	}
	return string(b), res.Header
}

func TestPageShowsWhatGoesOn(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		req := c.request(as(anna), subscribeAll)
		req.Header.Set("client-request-id", "0123456789abcdef")
		sub := c.do(req)
		st := c.open(as(anna), 30, sub.subID)
		st.want(opened)
		s.Fail(exchangesim.Fault{Operation: "FindItem", Times: -1, Answer: exchangesim.FaultAnswer{Status: 503, Delay: time.Second}})
		s.Deliver(anna)
		time.Sleep(5 * time.Second)
		page, header := c.text("/")
		if have := header.Get("Content-Type"); have != "text/html; charset=utf-8" {
			t.Errorf("Content-Type %q", have)
		}
		wantAll(t, page, "<!DOCTYPE html>", "<b>"+anna+"</b>", "1 of 1", "5 s ago", `data-l="Operation"><b>GetStreamingEvents`,
			`<code title="0123456789abcdef">01234567</code>`, "HTTP 503 1s late", "<b>"+ex02+"</b>", `data-l="What">deliver`, "no. 1", "15.2.1544.4")
		s.CutStreams()
		st.wantEnd(io.ErrUnexpectedEOF)
		synctest.Wait() // the handler ends after the connection
		live, _ := c.text("/sim/live")
		wantAll(t, live, "No stream is open", "none for 0 s")
		live, _ = c.text("/sim/live?q=bert")
		wantAll(t, live, "<b>"+bert+"</b>")
		if strings.Contains(live, `data-l="Address"><b>`+anna) {
			t.Error("the filter lets anna through")
		}
	})
}

func TestEmptyPageSaysWhatToType(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		for _, address := range []string{anna, bert, cora} {
			s.RemoveMailbox(address)
		}
		page, _ := c.text("/")
		wantAll(t, page, "http://mail.sim.test/EWS/Exchange.asmx", "/sim/addmailbox -d", "/sim/fail -d", "/sim/deliver -d", "No subscription lives")
	})
}

// Whatever clients and users send is shown as text.
func TestPageEscapes(t *testing.T) {
	const evil = `<script>alert('&"`
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		address := evil + "@sim.test"
		s.AddMailbox(address, evil, site)
		s.AddMailbox("2"+address, evil, evil)
		s.Deliver(address)
		s.Fail(exchangesim.Fault{Operation: evil, Mailbox: evil, Server: evil, Times: -1, Answer: exchangesim.FaultAnswer{SOAPFault: evil}})
		o := call{anchor: address, header: map[string]string{"User-Agent": evil, "client-request-id": evil}}
		o.impersonate = anna
		st := c.open(o, 30, c.subscribe(o).subID)
		st.want(opened)
		o.impersonate = "&lt;script>@sim.test"
		c.do(c.request(o, "<m:x/>"))
		page, _ := c.text("/?q=%3Cscript")
		wantAll(t, page, "&lt;script&gt;alert(&#39;&amp;&#34;@sim.test", `value="&lt;script"`)
		if n := strings.Count(strings.ToLower(page), "<script"); n != 1 {
			t.Errorf("%d script elements, want the page's own", n)
		}
	})
}

// However much there is, the page stays short.
func TestPageIsBounded(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		for i := range 300 {
			address := fmt.Sprintf("user%d@sim.test", i)
			s.AddMailbox(address, fmt.Sprintf("ex%d.sim.test", i), site)
			s.Deliver(address)
			c.do(c.request(as(address), subscribeAll))
		}
		page, _ := c.text("/sim/live")
		wantAll(t, page, "50 of 303", "50 of 300", "15 of 300")
		if rows := strings.Count(page, "<tr"); rows > 300 {
			t.Errorf("%d rows", rows)
		}
	})
}

func TestNoControl(t *testing.T) {
	bubble(t, exchangesim.Config{NoControl: true}, func(t *testing.T, s *exchangesim.Server, c *client) {
		for _, path := range []string{"/", "/sim/counts", "/sim/live"} {
			res, err := c.http.Get(c.base + path)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s", path, res.Status)
			}
		}
	})
}
