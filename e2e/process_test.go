package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// binaries builds the commands once and returns their folder.
var binaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ewsnats-e2e-")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", dir, "../cmd/...")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := binaries(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// process is a command that runs.
type process struct {
	name  string
	cmd   *exec.Cmd
	out   *lockedBuffer // standard output
	log   *lockedBuffer // standard error
	ended chan struct{}
}

// start starts a command; it is killed with the test if it still runs.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{name: name, cmd: exec.Command(filepath.Join(dir, name), args...),
		out: &lockedBuffer{}, log: &lockedBuffer{}, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.log
	p.cmd.Env = append(os.Environ(), "E2E_PASSWORD=secret")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("--- %s\n%s", name, p.log.tail(60))
		}
	})
	return p
}

// stop asks the process to end and returns its exit code.
func (p *process) stop(t *testing.T) int {
	t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	return p.wait(t, 30*time.Second)
}

func (p *process) wait(t *testing.T, atMost time.Duration) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(atMost):
		t.Fatalf("%s did not end within %s\n%s", p.name, atMost, p.log.tail(30))
		return 0
	}
}

// line waits for the first line that the process prints.
func (p *process) line(t *testing.T) string {
	t.Helper()
	ticks := time.NewTicker(10 * time.Millisecond)
	defer ticks.Stop()
	deadline := time.After(20 * time.Second)
	for {
		if line, _, whole := strings.Cut(p.out.String(), "\n"); whole {
			return line
		}
		select {
		case <-ticks.C:
		case <-deadline:
			t.Fatalf("%s printed no line\n%s", p.name, p.log.tail(30))
		}
	}
}

// lockedBuffer collects what a process logs.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// lines are the lines that hold a text.
func (b *lockedBuffer) lines(text string) []string {
	var found []string
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

func (b *lockedBuffer) tail(lines int) string {
	all := strings.Split(b.String(), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// system is the pipeline as processes, and what the test sees of it.
type system struct {
	root     *testing.T // whose end is the processes' end
	t        *testing.T // who tells the present story
	dir      string
	replicas int // of each stream
	natsURL  string
	simURL   string      // as the test reaches the simulated Exchange
	ewsURL   string      // as the stages do
	client   http.Client // of the test, to the simulated Exchange
	nats     *process
	stages   map[string]*process
	bus      *jetbus.Bus

	mu     sync.Mutex
	stored []audit.Stored
	open   map[string]messages.Epoch // mailboxes whose epoch is open
	groups map[messages.GroupID]messages.GroupSubscribed

	subscriptions map[messages.SubscriptionID]messages.GroupID // all that there ever were
}

var stageNames = []string{"discoverer", "subscriber", "streamer"}

// newSystem starts NATS and the simulated Exchange, and writes the configuration.
func newSystem(t *testing.T, simArgs ...string) *system {
	t.Helper()
	s := emptySystem(t)
	s.startNATS("127.0.0.1:0")
	s.startSimulator(simArgs...)
	s.configure("")
	s.observe()
	return s
}

func emptySystem(t *testing.T) *system {
	return &system{root: t, t: t, dir: t.TempDir(), replicas: 1, stages: map[string]*process{},
		open: map[string]messages.Epoch{}, groups: map[messages.GroupID]messages.GroupSubscribed{},
		subscriptions: map[messages.SubscriptionID]messages.GroupID{}}
}

// configure writes the configuration of the stages.
func (s *system) configure(more string) {
	s.write("ewsnats.yaml", fmt.Sprintf(`
nats: {url: %q, replicas: %d}
exchange:
  autodiscover: {url: %s/autodiscover/autodiscover.svc}
  account: {user: svc, password: {env: E2E_PASSWORD}}
mailboxes: {list: %s}
log: {format: text}
%s
`, s.natsURL, s.replicas, s.ewsURL, s.path("mailboxes.txt"), more))
}

// startSimulator starts the simulated Exchange with a minute of a second and one account.
func (s *system) startSimulator(args ...string) {
	sim := start(s.root, "exchangesim", append([]string{"-listen", "127.0.0.1:0", "-minute", "1s", "-rate", "0",
		"-user", "svc", "-password", "secret"}, args...)...)
	for _, field := range strings.Fields(sim.line(s.t)) {
		if url, ok := strings.CutPrefix(field, "control="); ok {
			s.simURL = strings.TrimSuffix(url, "/sim/")
			s.ewsURL = s.simURL
		}
	}
}

func (s *system) path(name string) string { return filepath.Join(s.dir, name) }

func (s *system) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *system) startNATS(listen string) {
	s.nats = start(s.root, "ewsnats", "nats", "--nats-embedded-dir", s.path("jetstream"), "--nats-embedded-listen", listen, "--log-level", "warn")
	s.natsURL = s.nats.line(s.t)
}

// restartNATS stops NATS for a while.
func (s *system) restartNATS(down time.Duration) {
	listen := strings.TrimPrefix(s.natsURL, "nats://")
	s.nats.stop(s.t)
	<-time.After(down)
	s.startNATS(listen)
}

func (s *system) startStages(names ...string) {
	for _, name := range names {
		s.stages[name] = start(s.root, name, "--config", s.path("ewsnats.yaml"))
	}
}

// observe follows groups and events.
func (s *system) observe() {
	s.t.Helper()
	bus, err := jetbus.Connect(s.t.Context(), jetbus.Config{URL: s.natsURL, Stage: "e2e", Replicas: s.replicas})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := bus.EnsureStreams(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.bus = bus
	s.t.Cleanup(bus.Close)
	groups, err := bus.Groups(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	events, err := bus.FollowEvents(s.t.Context(), nil, jetbus.From{})
	if err != nil {
		s.t.Fatal(err)
	}
	go func() {
		for r := range groups {
			if g, ok := r.Fact.(messages.GroupSubscribed); ok {
				s.mu.Lock()
				s.groups[g.Group] = g
				for _, subscription := range g.Subscriptions {
					s.subscriptions[subscription.ID] = g.Group
				}
				s.mu.Unlock()
			}
		}
	}()
	go func() {
		for e := range events {
			if e.Event != nil {
				s.mu.Lock()
				s.store(audit.Stored{Event: e.Event, Sequence: e.Sequence})
				s.mu.Unlock()
			}
		}
	}()
}

// store notes an event; s.mu is held.
func (s *system) store(e audit.Stored) {
	s.stored = append(s.stored, e)
	switch event := e.Event.(type) {
	case messages.MailboxStreaming:
		s.open[string(event.Mailbox)] = event.Epoch
	case messages.MailboxStopped:
		if s.open[string(event.Mailbox)] == event.Epoch {
			delete(s.open, string(event.Mailbox))
		}
	}
}

// until polls for a condition.
func (s *system) until(what string, atMost time.Duration, holds func() bool) {
	s.t.Helper()
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	deadline := time.After(atMost)
	for !holds() {
		select {
		case <-ticks.C:
		case <-deadline:
			s.t.Fatalf("not within %s: %s", atMost, what)
		}
	}
}

// streaming are the mailboxes whose epoch is open, with its number.
func (s *system) streaming() map[string]messages.Epoch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.open)
}

func (s *system) untilStreaming(n int, atMost time.Duration) {
	s.t.Helper()
	s.until(fmt.Sprintf("%d mailboxes stream", n), atMost, func() bool { return len(s.streaming()) == n })
}

// control asks something of the simulated Exchange.
func (s *system) control(path string, body map[string]any) {
	s.t.Helper()
	if err := s.ask(path, body); err != nil {
		s.t.Fatal(err)
	}
}

func (s *system) ask(path string, body map[string]any) error {
	data, _ := json.Marshal(body)
	answer, err := s.client.Post(s.simURL+"/sim/"+path, "application/json", bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, answer.Status, text)
	}
	return nil
}

func (s *system) get(path string, into any) {
	s.t.Helper()
	answer, err := s.client.Get(s.simURL + "/sim/" + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		s.t.Fatal(err)
	}
}

// users has users work, at a rate per second, until the function returned is called.
func (s *system) users(rate float64, seed uint64) (rest func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	const burst = time.Second
	go func() {
		defer close(stopped)
		ticks := time.NewTicker(burst)
		defer ticks.Stop()
		for ; ; seed++ {
			if err := s.ask("produce", map[string]any{"rate": rate, "seed": seed, "duration": burst.String()}); err != nil {
				s.root.Error(err)
				return
			}
			select {
			case <-ticks.C:
			case <-stop:
				<-ticks.C // the last ones end
				return
			}
		}
	}()
	rest = sync.OnceFunc(func() { close(stop); <-stopped })
	s.root.Cleanup(rest) // while there is still somebody to ask
	return rest
}

func (s *system) requests(operation string) uint64 {
	var counts exchangesim.Counts
	s.get("counts", &counts)
	return counts.Requests[operation]
}

func (s *system) report() audit.Report {
	s.mu.Lock()
	stored := slices.Clone(s.stored) // before the truth: what is stored later happened later
	s.mu.Unlock()
	var truth exchangesim.Truth
	s.get("truth", &truth)
	return audit.Check(truth, stored)
}

// sound waits until the stream holds what happened.
func (s *system) sound() audit.Report {
	s.t.Helper()
	var report audit.Report
	deadline := time.Now().Add(30 * time.Second)
	for ticks := time.Tick(500 * time.Millisecond); ; <-ticks {
		if report = s.report(); report.Sound() || time.Now().After(deadline) {
			break
		}
	}
	s.t.Log(report)
	if !report.Sound() {
		s.t.Errorf("the stream does not hold what happened: %s", report)
	}
	return report
}

func names(from, to int) []string {
	var all []string
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprintf("user%04d@sim.test", i))
	}
	return all
}

func (s *system) list(mailboxes []string) {
	s.write("mailboxes.txt", strings.Join(mailboxes, "\n")+"\n")
}
