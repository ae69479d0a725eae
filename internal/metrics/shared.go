package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Lease is what a stage's keeper of membership and claims says of itself.
type Lease struct {
	Held         int           // units that this process owns
	Members      int           // live processes of the stage, this one included
	Suspended    bool          // fenced, and not verified since
	Takeovers    uint64        // units taken over from processes that died
	LastTakeover time.Duration // from the last sign of the former owner to the claim; zero: none yet
}

var (
	heldDesc      = description("lease_held", "Units that this process owns.", "stage")
	membersDesc   = description("members", "Live processes of the stage, as this one sees them.", "stage")
	suspendedDesc = description("lease_suspended", "1 while this process may not decide: it could not renew its membership.", "stage")
	takeoversDesc = description("takeovers_total", "Units taken over from processes that died.", "stage")
	failoverDesc  = description("failover_duration_seconds",
		"How long the last unit taken over was without owner; absent before the first.", "stage")
)

// Lease shows what read says of a stage's lease. Call it once for each stage,
// before serving.
func (m *Metrics) Lease(stage string, read func() Lease) {
	m.registry.MustRegister(leaseCollector{stage, read})
}

// leaseCollector describes nothing: there is one for each stage of the process.
type leaseCollector struct {
	stage string
	read  func() Lease
}

func (leaseCollector) Describe(chan<- *prometheus.Desc) {}

func (c leaseCollector) Collect(out chan<- prometheus.Metric) {
	l := c.read()
	suspended := 0.0
	if l.Suspended {
		suspended = 1
	}
	out <- gauge(heldDesc, float64(l.Held), c.stage)
	out <- gauge(membersDesc, float64(l.Members), c.stage)
	out <- gauge(suspendedDesc, suspended, c.stage)
	out <- counter(takeoversDesc, l.Takeovers, c.stage)
	if l.LastTakeover > 0 {
		out <- gauge(failoverDesc, l.LastTakeover.Seconds(), c.stage)
	}
}

// Lane is what the lane that stores events counted.
type Lane struct {
	Duplicates  uint64 // acknowledged as stored before
	Restarts    uint64 // of the window, after a message that was not stored
	Regressions uint64 // times the stream was found with less than was acknowledged
}

var (
	duplicatesDesc  = description("publish_duplicates_total", "Events that NATS had stored already.")
	restartsDesc    = description("publish_restarts_total", "Times that storing went back to the first event that was not acknowledged.")
	regressionsDesc = description("stream_regressions_total", "Times that the event stream was found to lack what it had acknowledged.")
)

// Lane shows what read says of the lane. Call it once, before serving.
func (m *Metrics) Lane(read func() Lane) { m.registry.MustRegister(laneCollector{read}) }

type laneCollector struct{ read func() Lane }

func (laneCollector) Describe(d chan<- *prometheus.Desc) {
	d <- duplicatesDesc
	d <- restartsDesc
	d <- regressionsDesc
}

func (c laneCollector) Collect(out chan<- prometheus.Metric) {
	l := c.read()
	out <- counter(duplicatesDesc, l.Duplicates)
	out <- counter(restartsDesc, l.Restarts)
	out <- counter(regressionsDesc, l.Regressions)
}
