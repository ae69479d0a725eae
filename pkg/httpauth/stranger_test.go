package httpauth

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python finds an interpreter that has the modules, or skips the test.
func python(t *testing.T, install string, modules ...string) string {
	t.Helper()
	const debian = "/usr/bin/python3"
	if err := exec.Command(debian, "-c", "import "+strings.Join(modules, ", ")).Run(); err != nil {
		t.Skipf("%s cannot import %v: install %s", debian, modules, install)
	}
	return debian
}

// identityFiles makes a certificate for localhost, signed with SHA-384, and writes it and its key down.
func identityFiles(t *testing.T) (certificateFile, keyFile string, pair tls.Certificate, roots *x509.CertPool) {
	t.Helper()
	pair, c := selfSigned(t)
	roots = x509.NewCertPool()
	roots.AddCert(c)
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	certificateFile, keyFile = filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")
	for path, block := range map[string]*pem.Block{
		certificateFile: {Type: "CERTIFICATE", Bytes: c.Raw}, keyFile: {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificateFile, keyFile, pair, roots
}

// strangersServer is the server side in a world whose certificate is signed with SHA-384.
func strangersServer(t *testing.T, policy BindingPolicy, secret string) *world {
	t.Helper()
	w := unstarted(nil, nil)
	pair, c := selfSigned(t)
	w.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	w.ntlm.Binding, w.ntlm.Certificate = policy, c
	w.ntlm.Password = func(user, _ string) (string, bool) { return secret, user == "anna" }
	w.EnableHTTP2 = true
	w.StartTLS()
	t.Cleanup(w.Close)
	return w
}

// TestRequestsNTLM: the server side as python3-requests-ntlm sees it.
func TestRequestsNTLM(t *testing.T) {
	interpreter := python(t, "python3-requests-ntlm", "requests_ntlm")
	require, allow := strangersServer(t, BindingRequired, password).URL, strangersServer(t, BindingAllowed, password).URL
	c := exec.CommandContext(t.Context(), interpreter, "testdata/requests_client.py",
		require, `EXAMPLE\anna`, password, "on",
		require, `EXAMPLE\anna`, password, "off",
		allow, `EXAMPLE\anna`, password, "on",
		allow, `EXAMPLE\anna`, password, "off",
		allow, `EXAMPLE\anna`, "guess", "on",
	)
	c.Env = append(os.Environ(), "OPENSSL_CONF=testdata/openssl.cnf")
	const want = `200 hello
401 a channel binding is required, and none was sent
200 hello
200 hello
401 unknown user or wrong password
`
	if have, err := c.CombinedOutput(); err != nil || string(have) != want {
		t.Errorf("have %s (%v), want %s", have, err, want)
	}
}

// TestCurl: curl sends no channel binding and no MIC, and passwords of ASCII only.
func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("install curl: it judges the server side")
	}
	for policy, want := range map[BindingPolicy]string{BindingAllowed: "hello", BindingRequired: "a channel binding is required, and none was sent\n"} {
		w := strangersServer(t, policy, "secret")
		have, err := exec.CommandContext(t.Context(), curl, "-sk", "--http1.1", "--ntlm", "-u", `EXAMPLE\anna:secret`, "-d", "hello", w.URL).Output()
		if err != nil || string(have) != want {
			t.Errorf("policy %d: have %q (%v), want %q", policy, have, err, want)
		}
		equal(t, "messages", w.messages(), []int{1, 3})
	}
}

// acceptor starts the acceptor of testdata and returns its URL and a client that trusts its certificate.
func acceptor(t *testing.T, interpreter string, env []string, hash string, arguments ...string) (url string, transport *http.Transport) {
	t.Helper()
	certificateFile, keyFile, _, roots := identityFiles(t)
	c := exec.Command(interpreter, append([]string{"testdata/acceptor.py", certificateFile, keyFile, hash}, arguments...)...)
	c.Env, c.Stderr = append(os.Environ(), env...), os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the acceptor did not start: %v", err)
	}
	return "https://localhost:" + strings.TrimSpace(port), &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
}

// TestGSSNTLMSSP: the client as MIT's GSSAPI with gss-ntlmssp sees it. With another hash the server looks like one behind a
// proxy with another certificate.
func TestGSSNTLMSSP(t *testing.T) {
	interpreter := python(t, "python3-gssapi", "gssapi")
	if found, _ := filepath.Glob("/usr/lib/*/gssntlmssp/gssntlmssp.so"); len(found) == 0 {
		t.Skip("install gss-ntlmssp: it judges the client")
	}
	users := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(users, []byte("EXAMPLE:anna:"+password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type login struct {
		secret string
		off    bool
		status int
	}
	for name, tt := range map[string]struct {
		scheme, hash string
		logins       []login
	}{
		"NTLM":         {"NTLM", "sha384", []login{{password, false, 200}, {password, true, 200}, {"guess", false, 401}}},
		"Negotiate":    {"Negotiate", "sha384", []login{{password, false, 200}}},
		"another hash": {"NTLM", "sha256", []login{{password, false, 401}, {password, true, 200}}},
	} {
		t.Run(name, func(t *testing.T) {
			url, transport := acceptor(t, interpreter, []string{"NTLM_USER_FILE=" + users}, tt.hash, tt.scheme, "ntlm", "allow")
			for _, l := range tt.logins {
				var seen []Observation
				auth, err := New(Config{
					Mechanism: as("anna", l.secret), Transport: transport, NoChannelBinding: l.off,
					Observe: func(o Observation) { seen = append(seen, o) },
				})
				if err != nil {
					t.Fatal(err)
				}
				status, text := post(t, &http.Client{Transport: auth}, url, "hello")
				auth.CloseIdleConnections()
				if status != l.status || status == 200 && text != `EXAMPLE\anna: hello` {
					t.Errorf("%+v: have %d %q", l, status, text)
				}
				if len(seen) != 1 || seen[0].Scheme != tt.scheme || (seen[0].Binding == nil) != l.off {
					t.Errorf("%+v: have %+v", l, seen)
				}
			}
		})
	}
}
