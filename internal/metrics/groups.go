package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Group takes what is true of a group.
func (m *Metrics) Group(state streamer.GroupState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.groups[state.Group] = state
}

// GroupGone forgets a group, with its series.
func (m *Metrics) GroupGone(group messages.GroupID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.groups, group)
}

var (
	mailboxesDesc    = description("mailboxes", "Mailboxes by state. Each streamer shows its own, each subscriber all.", "state")
	groupsDesc       = description("groups", "Groups by state. Each streamer shows its own, each subscriber all.", "state")
	connectionsDesc  = description("stream_connections", "GetStreamingEvents connections that are open.")
	gapOpenDesc      = description("gap_open", "Mailboxes whose gap is not announced yet.")
	lastProgressDesc = description("last_progress_timestamp_seconds",
		"When the last envelope of a group was read that is stored; a heartbeat is one.", "group")
)

// The states of groups that a streamer has.
const (
	groupStreaming = "streaming" // a connection is open and read
	groupWaiting   = "waiting"   // for a named reason
	groupOpening   = "opening"   // neither
)

func stateOf(g streamer.GroupState) string {
	switch {
	case g.Waiting != "":
		return groupWaiting
	case g.Connected:
		return groupStreaming
	}
	return groupOpening
}

// groupCollector shows the groups of a streamer.
type groupCollector struct{ m *Metrics }

func (c groupCollector) Describe(d chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{mailboxesDesc, groupsDesc, connectionsDesc, gapOpenDesc, lastProgressDesc} {
		d <- desc
	}
}

func (c groupCollector) Collect(out chan<- prometheus.Metric) {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	states := map[string]int{groupStreaming: 0, groupWaiting: 0, groupOpening: 0}
	var streaming, gaps, connections int
	for name, g := range c.m.groups {
		if g.Connected {
			connections++
		}
		if !g.Owned {
			continue // its owner counts it
		}
		states[stateOf(g)]++
		streaming += g.Streaming
		gaps += g.Gaps
		if !g.Progress.IsZero() {
			out <- gauge(lastProgressDesc, seconds(g.Progress), string(name))
		}
	}
	for state, n := range states {
		out <- gauge(groupsDesc, float64(n), state)
	}
	out <- gauge(mailboxesDesc, float64(streaming), "streaming")
	out <- gauge(mailboxesDesc, float64(gaps), "gap")
	out <- gauge(gapOpenDesc, float64(gaps))
	out <- gauge(connectionsDesc, float64(connections))
}
