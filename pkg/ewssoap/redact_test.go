package ewssoap

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestHideHandshake(t *testing.T) {
	for value, want := range map[string]string{
		"NTLM":                                         "NTLM",
		"Negotiate":                                    "Negotiate",
		`Basic realm="mail.example.com"`:               `Basic realm="mail.example.com"`,
		"NTLM TlRMTVNTUAACAAAAEAAQADgAAAA==":           "NTLM REDACTED",
		"Negotiate oYG2MIGzoAMKAQChCwYJ":               "Negotiate REDACTED",
		`Negotiate YII/+=, NTLM TlRM, Basic realm="a"`: `Negotiate REDACTED, NTLM REDACTED, Basic realm="a"`,
		`Bearer client_id="00000002", authorization_uri="https://login.example.com/a/b=="`: `Bearer client_id="00000002", authorization_uri="https://login.example.com/a/b=="`,
	} {
		if have := hideHandshake(value); have != want {
			t.Errorf("%s: have %s, want %s", value, have, want)
		}
	}
}

// What a server or a proxy repeats of a request is hidden as well, wherever it stands.
func TestEchoedSecretsAreHidden(t *testing.T) {
	const secret, handshake = `correct <"horse">`, "TlRMTVNTUAACAAAA"
	auth := BasicAuth("sa1", func() (string, error) { return secret, nil })
	var seen []Exchange
	c, call := serve(t, Options{Auth: auth, Trace: func(x Exchange) { seen = append(seen, x) }}, func(w http.ResponseWriter, r *http.Request) {
		echo := r.Header.Get("Authorization") + " " + r.Header.Get("Cookie")
		w.Header().Set("Set-Cookie", "exchangecookie="+session+"; path=/")
		w.Header().Set("X-DiagInfo", echo+" "+session)
		w.Header().Set("WWW-Authenticate", "NTLM "+handshake)
		w.Header().Add("WWW-Authenticate", `Basic realm="mail"`)
		w.Header().Set("Proxy-Authenticate", "Negotiate "+handshake)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>`+
			echo+" correct &lt;&quot;horse&quot;&gt; "+session+` correct+%3C%22horse%22%3E</faultstring></s:Fault></s:Body></s:Envelope>`)
	})
	call.Affinity.Cookie = backend
	_, err := c.Subscribe(t.Context(), call, SubscribeRequest{AllFolders: true, EventTypes: []EventType{NewMailEvent}})
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Text, "REDACTED") {
		t.Errorf("have %v, want the fault's text", err)
	}
	secretsIn(t, seen)
	if have := seen[0].ResponseHeader.Values("WWW-Authenticate"); strings.Join(have, ", ") != `NTLM REDACTED, Basic realm="mail"` {
		t.Errorf("have %q, want what is no secret kept", have)
	}
	text := err.Error() + seen[0].ResponseHeader.Get("Proxy-Authenticate") + string(seen[0].ResponseBody)
	for _, s := range []string{secret, "correct &lt;", "correct+%3C", handshake, session, backend} {
		if strings.Contains(text, s) {
			t.Errorf("%q is shown in %s", s, text)
		}
	}
}

func TestTraceTellsTimes(t *testing.T) {
	c, call, seen := traced(t, Options{}, http.StatusOK, subscribeOK(t))
	if _, err := c.Subscribe(t.Context(), call, SubscribeRequest{AllFolders: true, EventTypes: []EventType{NewMailEvent}}); err != nil {
		t.Fatal(err)
	}
	x := (*seen)[0]
	order := []time.Time{x.Started, x.Connected, x.FirstByte, x.Received, x.Finished}
	for i := 1; i < len(order); i++ {
		if order[i-1].IsZero() || order[i].Before(order[i-1]) {
			t.Errorf("have %v, want them in order", order)
		}
	}
	if !strings.HasPrefix(x.Remote, "127.0.0.1:") {
		t.Errorf("have the address %q", x.Remote)
	}
}
