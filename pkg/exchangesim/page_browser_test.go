package exchangesim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// browse runs headless Chromium on a URL until the page is some seconds of its own clock old, and returns what it prints.
func browse(t *testing.T, url string, args ...string) string {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("install chromium: the page is looked at with it")
	}
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--user-data-dir=" + t.TempDir(), "--virtual-time-budget=6000"}, append(args, url)...)
	cmd := exec.CommandContext(t.Context(), chromium, args...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return string(out)
}

// A delivery after the page was loaded appears without loading it again.
func TestPageIsLive(t *testing.T) {
	s := exchangesim.New(exchangesim.Config{})
	s.AddMailbox(anna, ex01, site)
	defer s.Close()
	var loads, polls atomic.Int64
	handler := s.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			loads.Add(1)
		case "/sim/live":
			if polls.Add(1) == 2 {
				s.Deliver(anna)
			}
		}
		handler.ServeHTTP(w, r)
	}))
	defer srv.Close()
	page := browse(t, srv.URL, "--dump-dom")
	if loads.Load() != 1 || polls.Load() < 2 {
		t.Fatalf("%d loads, %d polls", loads.Load(), polls.Load())
	}
	wantAll(t, page, `data-l="What">deliver`)
}

// measure holds the page in frames of two widths, and says in its title by how much the page is wider than them.
const measure = `<!DOCTYPE html><title></title><style>html, body { margin: 0; overflow: hidden } iframe { display: block; border: 0 }</style>
<iframe src="/" style="width:1280px;height:1300px"></iframe><iframe src="/" style="width:390px;height:2400px"></iframe>
<script>setInterval(() => { document.title = "wider by " + Array.from(document.querySelectorAll("iframe"), f => {
  const page = f.contentDocument.documentElement; return page.scrollWidth - page.clientWidth }) }, 50)</script>`

// Nobody has to scroll the page to the side, at a desk or on a phone. With EWSNATS_SCREENSHOTS pictures go to that folder,
// for people to look at.
func TestPageFitsBothWidths(t *testing.T) {
	handler := busySimulator(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/measure" {
			fmt.Fprint(w, measure)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	defer srv.Close()
	wantAll(t, browse(t, srv.URL+"/measure", "--dump-dom"), "<title>wider by 0,0</title>")
	dir := os.Getenv("EWSNATS_SCREENSHOTS")
	if dir == "" {
		return
	}
	for scheme, number := range map[string]int{"dark": 0, "light": 1} {
		shot := filepath.Join(dir, "page-"+scheme+".png")
		browse(t, srv.URL+"/measure", "--window-size=1280,3700", "--screenshot="+shot, fmt.Sprintf("--blink-settings=preferredColorScheme=%d", number))
		if info, err := os.Stat(shot); err != nil || info.Size() < 10_000 {
			t.Errorf("%s: %v", shot, err)
		}
	}
}

// busySimulator has something in every table of the page.
func busySimulator(t *testing.T) http.Handler {
	s := exchangesim.New(exchangesim.Config{})
	srv := httptest.NewServer(s.Handler())
	tr := &http.Transport{}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		tr.CloseIdleConnections()
		srv.Close()
	})
	c := &client{t: t, http: &http.Client{Transport: tr}, base: srv.URL}
	s.AddServer("ex03.sim.test")
	for i := range 12 {
		s.AddMailbox(fmt.Sprintf("user%04d@sim.test", i+1), fmt.Sprintf("ex%02d.sim.test", i%2+1), fmt.Sprintf("SITE-%d", i%2+1))
	}
	s.Failover("ex03.sim.test", ex01, exchangesim.FailoverOptions{})
	s.Fail(exchangesim.Fault{Operation: "GetFolder", Times: -1, Answer: exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy"}})
	s.Fail(exchangesim.Fault{Mailbox: "user0002@sim.test", Answer: exchangesim.FaultAnswer{Status: 503, Delay: time.Second}})
	for i := range 5 {
		o := as(fmt.Sprintf("user%04d@sim.test", 2*i+1))
		o.header = map[string]string{"User-Agent": "ewsnats/1.4 (+https://example.com)", "client-request-id": fmt.Sprintf("5f0c%04d-77aa-4f3e-9d6b-1c2d3e4f5a6b", i)}
		sub := c.subscribe(o)
		c.do(c.request(o, getInbox))
		if i < 3 {
			c.open(o, 30, sub.subID).want(opened)
		}
		s.Deliver(o.impersonate)
	}
	return s.Handler()
}
