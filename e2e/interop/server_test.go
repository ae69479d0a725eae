// Package interop has EWS clients that others wrote work against the simulated Exchange, each as a program of its own. The
// simulator is the command, a process too: what a client sees is what its users see.
package interop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// What the clients are told.
const (
	host      = "example.com"
	mailbox   = "anna@example.com"
	colleague = "bert@example.com"
	user      = "svc@example.com"
	password  = "secret"
)

// organisation is the file that the simulator is started with.
const organisation = `
servers: [ex01.example.com, ex02.example.com]
accounts:
  - {name: svc@example.com, password: secret}
  - {name: anna@example.com, password: hers, impersonates: false}
mailboxes:
  - {address: anna@example.com, server: ex01.example.com, grouping: SITE-1}
  - {address: bert@example.com, server: ex02.example.com, grouping: SITE-1}
`

// command builds the simulator once, and returns its path.
var command = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "exchangesim-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "exchangesim")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/exchangesim").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := command(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// simulator is one that runs.
type simulator struct {
	url         string // of the server, in front of /EWS
	address     string // host and port of that
	control     string // URL of the control endpoint, up to /sim/
	certificate string // file with the authority that clients must trust
}

// organised starts the simulator with the organisation, on https for the hosts of example.com.
func organised(t *testing.T, args ...string) simulator {
	t.Helper()
	dir := t.TempDir()
	file, certificate := filepath.Join(dir, "sim.yaml"), filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, []byte(organisation), 0o600); err != nil {
		t.Fatal(err)
	}
	sim := start(t, append(args, "-config", file, "-rate", "0", "-tls", "-tls-names",
		"example.com,autodiscover.example.com,localhost,127.0.0.1", "-tls-ca-out", certificate)...)
	sim.certificate = certificate
	return sim
}

// start starts the simulator on free ports; it is stopped with the test, and must end well.
func start(t *testing.T, args ...string) simulator {
	t.Helper()
	path, err := command()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append(args, "-listen", "127.0.0.1:0", "-control", "127.0.0.1:0")...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the simulator ended with %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the simulator said no addresses: %v", err)
	}
	said := map[string]string{}
	for _, field := range strings.Fields(line) {
		name, value, _ := strings.Cut(field, "=")
		said[name] = value
	}
	url, _, _ := strings.Cut(said["ews"], "/EWS/")
	_, address, _ := strings.Cut(url, "://")
	return simulator{url: url, address: address, control: said["control"]}
}

// truth is what happened, as the control endpoint tells.
func (s simulator) truth(t *testing.T) exchangesim.Truth {
	t.Helper()
	return asked[exchangesim.Truth](t, s.control+"truth")
}

func (s simulator) counts(t *testing.T) exchangesim.Counts {
	t.Helper()
	return asked[exchangesim.Counts](t, s.control+"counts")
}

func asked[T any](t *testing.T, url string) (answer T) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return answer
}
