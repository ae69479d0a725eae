package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// groupsEnv is how many groups of 200 BenchmarkManyMailboxes streams; 500 are 100 000 mailboxes.
const groupsEnv = "EWSNATS_BENCH_GROUPS"

// BenchmarkManyMailboxes runs the real streamer on groups of 200 mailboxes over TLS,
// with nothing but heartbeats, and measures its memory when it has come to rest.
func BenchmarkManyMailboxes(b *testing.B) {
	groups, err := strconv.Atoi(os.Getenv(groupsEnv))
	if err != nil {
		groups = 10
	}
	for b.Loop() {
		atRest(b, groups).report(b)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkHeldConnection is the memory that a connection of 200 mailboxes over TLS
// takes, with all that is known of them: the difference between a streamer of many
// groups and one of few.
func BenchmarkHeldConnection(b *testing.B) {
	const few, many = 5, 65
	for b.Loop() {
		before, after := atRest(b, few), atRest(b, many)
		b.ReportMetric((after.rss-before.rss)/(many-few)/1024, "KiB-RSS/connection")
		b.ReportMetric((after.heap-before.heap)/(many-few)/1024, "KiB-heap/connection")
		b.ReportMetric((after.stacks-before.stacks)/(many-few)/1024, "KiB-stacks/connection")
		b.ReportMetric((after.goroutines-before.goroutines)/(many-few), "goroutines/connection")
	}
	b.ReportMetric(0, "ns/op")
}

// rest is what a streamer takes once all of its mailboxes stream.
type rest struct {
	opened            time.Duration // from the start until all streamed
	rss, heap, stacks float64       // bytes
	goroutines        float64
}

func (r rest) report(b *testing.B) {
	const mebibyte = 1 << 20
	b.ReportMetric(r.opened.Seconds(), "s-until-open")
	b.ReportMetric(r.rss/mebibyte, "MiB-RSS")
	b.ReportMetric(r.heap/mebibyte, "MiB-heap")
	b.ReportMetric(r.stacks/mebibyte, "MiB-stacks")
	b.ReportMetric(r.goroutines, "goroutines")
}

// atRest starts a streamer on so many groups, and waits until all stream and until its
// memory does not change any more.
func atRest(b *testing.B, groups int) rest {
	b.Helper()
	dir := b.TempDir()
	server, err := natsserver.Start(natsserver.Config{})
	must(b, err)
	b.Cleanup(func() { must(b, server.Shutdown()) })
	url := startExchange(b, dir)
	seed(b, openBus(b, server.ClientURL(), messages.DefaultPrefix), groups, url)
	config := filepath.Join(dir, "ewsnats.yaml")
	must(b, os.WriteFile(config, fmt.Appendf(nil, `
nats: {url: %q}
exchange:
  url: %s
  account: {user: svc, password: {env: BENCH_PASSWORD}}
  tls: {ca: %s}
`, server.ClientURL(), url, filepath.Join(dir, certFile)), 0o600))
	began := time.Now()
	p := startStreamer(b, config)
	p.untilStreaming(groups * groupSize)
	opened := time.Since(began)
	rss := p.settledRSS()
	m := p.read()
	return rest{opened: opened, rss: rss, heap: m["go_memstats_heap_inuse_bytes"],
		stacks: m["go_memstats_stack_inuse_bytes"], goroutines: m["go_goroutines"]}
}

// untilStreaming waits until so many mailboxes stream.
func (p *process) untilStreaming(mailboxes int) {
	p.b.Helper()
	ticks := time.NewTicker(200 * time.Millisecond)
	defer ticks.Stop()
	for deadline := time.After(10 * time.Minute); p.read()[streaming] < float64(mailboxes); {
		select {
		case <-ticks.C:
		case <-deadline:
			p.b.Fatalf("%v of %d mailboxes stream", p.read()[streaming], mailboxes)
		}
	}
}

// streaming is the metric of the mailboxes that stream.
const streaming = `ewsnats_mailboxes{state="streaming"}`

// settledRSS waits until the memory has changed by less than 1 % within 20 s.
func (p *process) settledRSS() float64 {
	p.b.Helper()
	const span = 20
	var last []float64
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for deadline := time.After(5 * time.Minute); ; {
		select {
		case <-ticks.C:
		case <-deadline:
			p.b.Fatalf("the memory does not settle: %v", last)
		}
		if last = append(last, p.rss()); len(last) < span {
			continue
		}
		last = last[len(last)-span:]
		if least := slices.Min(last); slices.Max(last)-least < least/100 {
			return last[span-1]
		}
	}
}
