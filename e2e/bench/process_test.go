package bench

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// serverEnv makes this binary a scripted Exchange over TLS; it names the folder of
// the certificate.
const serverEnv = "EWSNATS_BENCH_EXCHANGE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serverEnv); dir != "" {
		if err := serveTLS(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	os.RemoveAll(built)
	os.Exit(code)
}

// serveTLS prints its URL and serves until standard input ends.
func serveTLS(dir string) error {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, certFile), filepath.Join(dir, keyFile))
	if err != nil {
		return err
	}
	x, err := listenAsExchange()
	if err != nil {
		return err
	}
	x.listener = tls.NewListener(x.listener, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	go x.serve()
	fmt.Println(x.url("https"))
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startExchange runs this binary as a scripted Exchange until the benchmark ends.
func startExchange(b *testing.B, dir string) messages.Endpoint {
	b.Helper()
	writeCertificate(b, dir)
	self, err := os.Executable()
	must(b, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), serverEnv+"="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(b, err)
	out, err := cmd.StdoutPipe()
	must(b, err)
	must(b, cmd.Start())
	b.Cleanup(func() { in.Close(); must(b, cmd.Wait()) })
	line, err := bufio.NewReader(out).ReadString('\n')
	must(b, err)
	return messages.Endpoint(strings.TrimSpace(line))
}

// built is the folder of the streamer, once it is built.
var built string

// binaries builds the streamer once and returns its folder.
var binaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ewsnats-bench-")
	if err != nil {
		return "", err
	}
	built = dir
	build := exec.Command("go", "build", "-o", dir, "../../cmd/streamer")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
})

// process is a streamer that runs.
type process struct {
	b       *testing.B
	pid     int
	metrics string // where they are
}

// startStreamer starts the streamer with a configuration, and kills it when the benchmark ends.
func startStreamer(b *testing.B, config string) *process {
	b.Helper()
	dir, err := binaries()
	must(b, err)
	cmd := exec.Command(filepath.Join(dir, "streamer"), "--config", config, "--http-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "BENCH_PASSWORD=secret")
	log, err := cmd.StderrPipe()
	must(b, err)
	must(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Address != "" {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return &process{b, cmd.Process.Pid, "http://" + line.Address + "/metrics"}
		}
	}
	b.Fatal("the streamer does not tell where its metrics are")
	return nil
}

// rss is the resident memory of the process, in bytes.
func (p *process) rss() float64 {
	p.b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	must(p.b, err)
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kibibytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	must(p.b, err)
	return kibibytes * 1024
}

// read returns the metrics by their names with labels.
func (p *process) read() map[string]float64 {
	p.b.Helper()
	answer, err := http.Get(p.metrics)
	must(p.b, err)
	defer answer.Body.Close()
	found := map[string]float64{}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 2 || fields[0] == "#" {
			continue
		}
		value, err := strconv.ParseFloat(fields[1], 64)
		must(p.b, err)
		found[fields[0]] = value
	}
	return found
}
