package check

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// about sends the requests of an operation to another handler.
func about(operation string, other func(http.ResponseWriter, *http.Request, http.Handler)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if strings.Contains(string(body), operation) {
				other(w, r, next)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func fault(operation string, answer exchangesim.FaultAnswer) func(*world) {
	return func(w *world) { w.sim.Fail(exchangesim.Fault{Operation: operation, Answer: answer, Times: -1}) }
}

// everything sends all requests to a handler.
func everything(status int, header, body string) func(*world) {
	return func(w *world) {
		w.before = func(http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				if name, value, is := strings.Cut(header, ": "); is {
					rw.Header().Set(name, value)
				}
				rw.WriteHeader(status)
				_, _ = io.WriteString(rw, body)
			})
		}
	}
}

func onStream(handle func(http.ResponseWriter, *http.Request, http.Handler)) func(*world) {
	return func(w *world) { w.before = about("GetStreamingEvents", handle) }
}

// held is a proxy that buffers: the answer is passed on when it is complete.
func held(w http.ResponseWriter, r *http.Request, next http.Handler) {
	whole := httptest.NewRecorder()
	next.ServeHTTP(whole, r)
	_, _ = w.Write(whole.Body.Bytes())
}

const firstEnvelope = `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><GetStreamingEventsResponse><ResponseMessages>` +
	`<GetStreamingEventsResponseMessage ResponseClass="Success"><ResponseCode>NoError</ResponseCode><ConnectionStatus>OK</ConnectionStatus>` +
	`</GetStreamingEventsResponseMessage></ResponseMessages></GetStreamingEventsResponse></Body></Envelope>`

// walks are everything that may be wrong, and that nothing is.
var walks = []struct {
	name    string
	exit    int
	sim     exchangesim.Config
	prepare func(*world)
}{
	{name: "well"},
	{name: "well by name", sim: exchangesim.Config{ExternalURL: "https://mail.sim.test"}, prepare: (*world).named},
	{name: "autodiscover does not know the mailbox", exit: 1, prepare: func(w *world) {
		w.named()
		w.cfg.Mailbox = "nobody@sim.test"
	}},
	{name: "autodiscover is nowhere", exit: 69, prepare: func(w *world) {
		w.named()
		w.cfg.Mailbox = "anna@elsewhere.test"
	}},
	{name: "autodiscover refuses the login", exit: 77, prepare: func(w *world) {
		w.named()

		wrongPassword(w)
		w.apex, w.cert.DNSNames = true, append(w.cert.DNSNames, "sim.test")
	}},
	{name: "autodiscover redirects elsewhere", exit: 1, prepare: func(w *world) {
		w.named()
		w.sim.Fail(exchangesim.Fault{Operation: "GetUserSettings", Mailbox: "anna@sim.test",
			Answer: exchangesim.FaultAnswer{ResponseCode: "RedirectUrl", RedirectTarget: "https://elsewhere.test/autodiscover/autodiscover.svc"}})
	}},
	{name: "delegate without rights", exit: 1, prepare: func(w *world) { w.cfg.Settings.Exchange.Impersonation = false }},
	{name: "configuration", exit: 78, prepare: func(w *world) {
		w.cfg.Settings, w.cfg.Invalid = nil, &config.Error{Problems: []config.Problem{{Key: "exchange.account", Wrong: "no account is given"}}}
	}},
	{name: "no address", exit: 69, prepare: func(w *world) { w.cfg.Settings.Exchange.URL = "https://nowhere.sim.test/EWS/Exchange.asmx" }},
	{name: "no address of EWS", exit: 69, sim: exchangesim.Config{ExternalURL: "https://autodiscover.sim.test"}, prepare: func(w *world) {
		w.named()
		w.names, w.apex, w.cert.DNSNames = nil, true, []string{"sim.test"}
	}},
	{name: "port closed", exit: 69, prepare: func(w *world) { w.closed = true }},
	{name: "no TLS", exit: 69, prepare: func(w *world) { w.clear = true }},
	{name: "self-signed", exit: 69, prepare: func(w *world) { w.authority = &authority{pool: newAuthority(w.t).pool} }},
	{name: "wrong name", exit: 69, prepare: func(w *world) { w.cert.IPAddresses = nil }},
	{name: "expired", exit: 69, prepare: func(w *world) { w.life = -time.Hour }},
	{name: "login refused", exit: 77, prepare: wrongPassword},
	{name: "NTLM", prepare: func(w *world) { w.withNTLM(); w.named() }, sim: exchangesim.Config{ExternalURL: "https://autodiscover.sim.test"}},
	{name: "NTLM without a binding", exit: 77, prepare: func(w *world) {
		w.withNTLM()
		w.cfg.Settings.Exchange.Account.ChannelBinding = false
	}},
	{name: "Basic where NTLM is offered", exit: 77, prepare: func(w *world) {
		w.withNTLM()
		w.cfg.Settings.Exchange.Account.Method = ""
	}},
	{name: "login page by redirect", exit: 1, prepare: everything(302, "Location: https://gate.sim.test/owa/auth/logon.aspx?token=hunter2", "")},
	{name: "login page", exit: 1, prepare: everything(200, "Content-Type: text/html", "<html>log in</html>")},
	{name: "no right to impersonate", exit: 1, sim: exchangesim.Config{MayImpersonate: map[string]bool{}}},
	{name: "mailbox unknown", exit: 1, prepare: func(w *world) { w.cfg.Mailbox = "nobody@sim.test" }},
	{name: "throttled", exit: 1, prepare: fault("GetFolder", exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy", BackOffMilliseconds: 30000,
		Values: map[string]string{"Policy": "EWSMaxConcurrency"}})},
	{name: "subscribe refused", exit: 1, prepare: fault("Subscribe", exchangesim.FaultAnswer{ResponseCode: "ErrorExceededSubscriptionCount"})},
	{name: "stream refused", exit: 1, prepare: fault("GetStreamingEvents", exchangesim.FaultAnswer{ResponseCode: "ErrorExceededConnectionCount"})},
	{name: "stream held back", exit: 1, prepare: onStream(held)},
	{name: "stream held back behind its head", exit: 1, prepare: onStream(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		_ = http.NewResponseController(w).Flush()
		held(w, r, next)
	})},
	{name: "stream ends at once", exit: 1, prepare: onStream(func(http.ResponseWriter, *http.Request, http.Handler) {})},
	{name: "stream ends early", exit: 1, prepare: onStream(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		_, _ = io.WriteString(w, firstEnvelope)
	})},
	{name: "old and slow", prepare: old},
	{name: "no cookie", sim: exchangesim.Config{Cookies: exchangesim.CookieNever}},
}

// Whatever is wrong on the way, the step that fails is named, what depends on it is not tried, and no subscription is left.
func TestWalk(t *testing.T) {
	for _, c := range walks {
		inBubble(t, c.name, func(t *testing.T) {
			w := newWorld(t, c.sim)
			if c.prepare != nil {
				c.prepare(w)
			}
			w.serve()
			err := w.run(t.Context())
			if have := exitCode(err); have != c.exit {
				t.Errorf("exit code %d, want %d: %v", have, c.exit, err)
			}
			if n := w.sim.Counts().Subscriptions; n != 0 {
				t.Errorf("%d subscriptions are left", n)
			}
			if n := w.tried.Load(); c.exit == 77 && n != 1 {
				t.Errorf("%d requests with credentials, want one", n)
			}
			w.golden(c.name)
		})
	}
}

func wrongPassword(w *world) { w.t.Setenv("EWSNATS_TEST_PASSWORD", "wrong") }

// old is a server whose clock is behind and that takes only an older version.
func old(w *world) {
	w.sim.Fail(exchangesim.Fault{Operation: "GetFolder", Answer: exchangesim.FaultAnswer{SOAPFault: "ErrorInvalidServerVersion"}})
	w.before = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Date", time.Now().UTC().Add(-2*time.Hour).Format(http.TimeFormat))
			next.ServeHTTP(rw, r)
		})
	}
}

func exitCode(err error) int {
	var f *Failure
	if errors.As(err, &f) {
		return f.ExitCode()
	}
	return 0
}

// inBubble runs a test whose time passes only where all wait.
func inBubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}
