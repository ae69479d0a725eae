package ewssoap

import (
	"fmt"
	"sync"
	"time"
)

// maxEndpoints limits of how many endpoints something is remembered. Beyond it all is forgotten: that costs a few more
// requests.
const maxEndpoints = 10_000

// endpoint is what a client remembers of one URL. It is no affinity.
type endpoint struct {
	version    versionChoice
	statistics string // of the previous call, to be told with the next; empty: none
}

// endpoints remembers, by URL, which version a server takes and how long it took to answer.
type endpoints struct {
	wanted string // the version to begin with
	mu     sync.Mutex
	known  map[string]endpoint
}

// version returns the version for the next request.
func (m *endpoints) version(url string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of(url).version.version()
}

// refused notes that a version was refused, and says whether another one is to be tried.
func (m *endpoints) refused(url, version string, why refusal) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.of(url)
	next, more := e.version.after(version, why)
	if more {
		e.version = next
		m.put(url, e)
	}
	return more
}

// answered notes how long a call took, for the server's statistics.
func (m *endpoints) answered(url string, t *trip) {
	if t == nil || t.meta.RequestID == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.of(url)
	e.statistics = fmt.Sprintf("MessageId=%s,ResponseTime=%d,SoapAction=%s;",
		t.meta.RequestID, time.Since(t.record.Started).Milliseconds(), t.request.op)
	m.put(url, e)
}

// takeStatistics returns what was noted of the previous call. It is told once.
func (m *endpoints) takeStatistics(url string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.of(url)
	statistics := e.statistics
	if statistics != "" {
		e.statistics = ""
		m.put(url, e)
	}
	return statistics
}

func (m *endpoints) of(url string) endpoint {
	now := time.Now()
	e, known := m.known[url]
	if !known || e.version.expired(now) {
		e.version = newVersionChoice(m.wanted, now)
	}
	return e
}

func (m *endpoints) put(url string, e endpoint) {
	if m.known == nil || len(m.known) >= maxEndpoints {
		m.known = make(map[string]endpoint)
	}
	m.known[url] = e
}
