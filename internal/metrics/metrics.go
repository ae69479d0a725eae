package metrics

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// The names of the stages, as the label stage has them.
const (
	Discoverer = "discoverer"
	Subscriber = "subscriber"
	Streamer   = "streamer"
)

// Config says what a process is.
type Config struct {
	Stages      []string // that run in it: their metrics are shown
	TLSInsecure bool     // Exchange's certificates are not verified
}

// Metrics are the metrics of one process, in a registry of their own. Its methods
// may be called from many goroutines, and do not block.
type Metrics struct {
	registry *prometheus.Registry
	stream   *streamMetrics
	requests *requestMetrics
	reload   *reloadMetrics

	mu         sync.Mutex
	groups     map[messages.GroupID]streamer.GroupState
	mailboxes  mailboxFold
	subscribed map[messages.GroupID]bool // groups with members, by the facts
}

// New makes the metrics of a process.
func New(cfg Config) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), stream: newStreamMetrics(), requests: newRequestMetrics(), reload: newReloadMetrics(),
		groups: map[messages.GroupID]streamer.GroupState{}, mailboxes: mailboxFold{},
		subscribed: map[messages.GroupID]bool{},
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(), tlsInsecure(cfg.TLSInsecure))
	m.requests.register(m.registry)
	m.reload.register(m.registry)
	if slices.Contains(cfg.Stages, Streamer) {
		m.stream.register(m.registry)
		m.registry.MustRegister(groupCollector{m})
	}
	if slices.Contains(cfg.Stages, Subscriber) {
		m.registry.MustRegister(factCollector{m})
	}
	return m
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// prefix begins every name.
const prefix = "ewsnats_"

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
}

// histogram is native, for servers that read those, and classic.
func histogram(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: prefix + name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}
}

// moments is a gauge for a point in time, which has no series before the first.
func moments(name, help string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: prefix + name, Help: help}, nil)
}

// description is of a metric that is collected when it is asked for.
func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, labels, nil)
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func counter(d *prometheus.Desc, value uint64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
}

// seconds is a point in time as Prometheus counts it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
