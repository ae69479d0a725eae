package metrics

import "github.com/prometheus/client_golang/prometheus"

var (
	tracedDesc      = description("trace_records_total", "Requests and answers written by the wire trace.", "stage")
	traceLackedDesc = description("trace_records_dropped_total", "Requests and answers that the wire trace did not hold or could not write.", "stage")
)

// Trace shows what read says of a stage's wire trace. Call it once for each stage,
// before serving.
func (m *Metrics) Trace(stage string, read func() (written, dropped uint64)) {
	m.registry.MustRegister(traceCollector{stage, read})
}

// traceCollector describes nothing: there is one for each stage of the process.
type traceCollector struct {
	stage string
	read  func() (written, dropped uint64)
}

func (traceCollector) Describe(chan<- *prometheus.Desc) {}

func (c traceCollector) Collect(out chan<- prometheus.Metric) {
	written, dropped := c.read()
	out <- counter(tracedDesc, written, c.stage)
	out <- counter(traceLackedDesc, dropped, c.stage)
}
