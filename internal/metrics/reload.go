package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// reloadMetrics are about how the configuration was last read, named as Prometheus
// names its own.
type reloadMetrics struct{ successful, succeeded prometheus.Gauge }

func newReloadMetrics() *reloadMetrics {
	r := &reloadMetrics{
		successful: prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "config_last_reload_successful",
			Help: "1 if the configuration was valid when it was last read."}),
		succeeded: prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "config_last_reload_success_timestamp_seconds",
			Help: "When the configuration was last read and valid."}),
	}
	r.read(true)
	return r
}

func (r *reloadMetrics) register(registry *prometheus.Registry) {
	registry.MustRegister(r.successful, r.succeeded)
}

func (r *reloadMetrics) read(valid bool) {
	if !valid {
		r.successful.Set(0)
		return
	}
	r.successful.Set(1)
	r.succeeded.Set(seconds(time.Now()))
}

// Reload tells that the configuration was read anew, and whether it was valid.
func (m *Metrics) Reload(valid bool) { m.reload.read(valid) }
