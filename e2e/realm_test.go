package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// realm is a KDC of MIT with the account svc and the service HTTP/localhost.
type realm struct {
	dir string
	env []string
}

func (r realm) path(name string) string { return filepath.Join(r.dir, name) }

// startRealm starts a KDC, or skips the test.
func startRealm(t *testing.T) realm {
	t.Helper()
	for _, tool := range []string{"/usr/sbin/krb5kdc", "/usr/sbin/kdb5_util", "/usr/sbin/kadmin.local"} {
		if _, err := os.Stat(tool); err != nil {
			t.Skipf("no %s: install krb5-kdc and krb5-admin-server for a real KDC", tool)
		}
	}
	r := realm{dir: t.TempDir()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close() // the KDC listens there
	_, port, _ := net.SplitHostPort(address)
	for name, text := range map[string]string{
		"krb5.conf": "[libdefaults]\n default_realm = EXAMPLE.TEST\n dns_lookup_kdc = false\n dns_lookup_realm = false\n rdns = false\n" +
			" udp_preference_limit = 1\n[realms]\n EXAMPLE.TEST = {\n  kdc = " + address + "\n }\n",
		"kdc.conf": "[kdcdefaults]\n kdc_listen = \"\"\n kdc_tcp_listen = " + port + "\n[realms]\n EXAMPLE.TEST = {\n  database_name = " +
			r.path("principal") + "\n  key_stash_file = " + r.path("stash") + "\n }\n[logging]\n kdc = FILE:" + r.path("kdc.log") + "\n",
	} {
		if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.env = append(os.Environ(), "KRB5_CONFIG="+r.path("krb5.conf"), "KRB5_KDC_PROFILE="+r.path("kdc.conf"),
		"KRB5RCACHEDIR="+r.dir, "KRB5_KTNAME="+r.path("service.keytab"))
	r.run(t, "", "/usr/sbin/kdb5_util", "create", "-s", "-r", "EXAMPLE.TEST", "-P", "master")
	r.run(t, "addprinc -randkey +requires_preauth svc\nktadd -k "+r.path("svc.keytab")+" svc\naddprinc -randkey HTTP/localhost\nktadd -k "+
		r.path("service.keytab")+" HTTP/localhost\n", "/usr/sbin/kadmin.local", "-r", "EXAMPLE.TEST")
	r.background(t, "/usr/sbin/krb5kdc", "-n", "-r", "EXAMPLE.TEST")
	for ticks := time.Tick(20 * time.Millisecond); ; <-ticks { // until it listens; the test's own time limits this
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return r
		}
	}
}

func (r realm) run(t *testing.T, input, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Env, c.Stdin = r.env, strings.NewReader(input)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// background runs a command until the test ends, and returns its pipes.
func (r realm) background(t *testing.T, name string, args ...string) (in io.Writer, out io.Reader) {
	t.Helper()
	c := exec.Command(name, args...)
	c.Env, c.Stderr = r.env, t.Output()
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return in, out
}

// negotiate is the simulator's side of Negotiate, judged by MIT's GSSAPI. All connections share the judge.
type negotiate struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

// acceptor starts the judge for logins that are bound to a certificate by its SHA-256, or skips the test.
func (r realm) acceptor(t *testing.T, binding [32]byte) *negotiate {
	t.Helper()
	const interpreter = "/usr/bin/python3"
	if err := exec.Command(interpreter, "-c", "import gssapi").Run(); err != nil {
		t.Skipf("%s cannot import gssapi: install python3-gssapi for a judge of Kerberos", interpreter)
	}
	in, out := r.background(t, interpreter, "testdata/accept.py", fmt.Sprintf("%x", "tls-server-end-point:"+string(binding[:])))
	return &negotiate{in: in, out: bufio.NewReader(out)}
}

func (n *negotiate) NewConn() exchangesim.LoginConn { return &negotiated{judge: n} }

// accept judges a token.
func (n *negotiate) accept(token string) (account, answer string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := fmt.Fprintln(n.in, token); err != nil {
		return "", ""
	}
	line, _ := n.out.ReadString('\n')
	if words := strings.Fields(line); len(words) == 3 && words[0] == "ok" {
		return words[1], words[2]
	}
	return "", ""
}

// negotiated is a connection.
type negotiated struct {
	judge   *negotiate
	mu      sync.Mutex
	account string
}

func (c *negotiated) Judge(authorization string) (account string, authenticate []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	token, given := strings.CutPrefix(authorization, "Negotiate ")
	if !given {
		if c.account == "" {
			return "", []string{"Negotiate"}
		}
		return c.account, nil
	}
	var answer string
	if c.account, answer = c.judge.accept(token); c.account == "" {
		return "", []string{"Negotiate"}
	}
	return c.account, []string{"Negotiate " + answer}
}
