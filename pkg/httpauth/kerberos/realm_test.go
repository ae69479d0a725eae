package kerberos

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	password = "pässword"
	service  = "HTTP/localhost"
)

// realm is a KDC of MIT with the user anna and the service, run from a folder of the test.
type realm struct {
	conf, folder string
	env          []string
}

// startRealm starts a KDC, or skips the test.
func startRealm(t *testing.T) *realm {
	t.Helper()
	for _, tool := range []string{"/usr/sbin/krb5kdc", "/usr/sbin/kdb5_util", "/usr/sbin/kadmin.local", "/usr/bin/kinit"} {
		if _, err := os.Stat(tool); err != nil {
			t.Skipf("no %s: install krb5-kdc, krb5-admin-server and krb5-user", tool)
		}
	}
	folder := t.TempDir()
	r := &realm{folder: folder, conf: filepath.Join(folder, "krb5.conf")}
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	r.write(t, "krb5.conf", `[libdefaults]
 default_realm = EXAMPLE.TEST
 dns_lookup_kdc = false
 dns_lookup_realm = false
 rdns = false
 udp_preference_limit = 1
[realms]
 EXAMPLE.TEST = {
  kdc = `+address+`
 }
`)
	r.write(t, "kdc.conf", `[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = `+port+`
[realms]
 EXAMPLE.TEST = {
  database_name = `+folder+`/principal
  key_stash_file = `+folder+`/stash
 }
[logging]
 kdc = FILE:`+folder+`/kdc.log
`)
	r.env = append(os.Environ(), "KRB5_CONFIG="+r.conf, "KRB5_KDC_PROFILE="+filepath.Join(folder, "kdc.conf"),
		"KRB5RCACHEDIR="+folder, "KRB5_KTNAME="+filepath.Join(folder, "service.keytab"))
	r.run(t, "", "/usr/sbin/kdb5_util", "create", "-s", "-r", "EXAMPLE.TEST", "-P", "master")
	r.run(t, `addprinc -pw `+password+` +requires_preauth anna
ktadd -norandkey -k `+folder+`/anna.keytab anna
addprinc -randkey `+service+`
ktadd -k `+folder+`/service.keytab `+service+`
`, "/usr/sbin/kadmin.local", "-r", "EXAMPLE.TEST")
	kdc := exec.Command("/usr/sbin/krb5kdc", "-n", "-r", "EXAMPLE.TEST")
	kdc.Env = r.env
	if err := kdc.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kdc.Process.Kill(); _ = kdc.Wait() })
	for { // until it listens; the test's own time limits this
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return r
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the KDC did not start")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *realm) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *realm) run(t *testing.T, input, name string, arguments ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, arguments...)
	c.Env, c.Stdin = r.env, strings.NewReader(input)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// log is what the KDC wrote.
func (r *realm) log(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.folder, "kdc.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// acceptor starts MIT's GSSAPI as a server that requires or allows channel bindings by a hash of its certificate, which is
// signed with SHA-384.
func (r *realm) acceptor(t *testing.T, hash, policy string) (url string, transport *http.Transport) {
	t.Helper()
	const interpreter = "/usr/bin/python3"
	if err := exec.Command(interpreter, "-c", "import gssapi").Run(); err != nil {
		t.Skipf("%s cannot import gssapi: install python3-gssapi", interpreter)
	}
	roots := r.certificate(t)
	c := exec.Command(interpreter, "../testdata/acceptor.py", r.folder+"/certificate.pem", r.folder+"/key.pem", hash, "Negotiate", "spnego", policy)
	c.Env, c.Stderr = r.env, os.Stderr
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

func (r *realm) certificate(t *testing.T) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	r.write(t, "certificate.pem", string(certificate))
	r.write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	return roots
}

// secretOf is a source of one password.
func secretOf(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		if s == "" {
			return "", fmt.Errorf("the vault is closed")
		}
		return s, nil
	}
}
