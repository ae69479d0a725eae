package metrics

import (
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
)

// buildInfo tells what is running, as the Go toolchain stamped it.
func buildInfo() prometheus.Collector {
	version, revision := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	return constant("build_info", "What is running; always 1.", 1,
		prometheus.Labels{"version": version, "revision": revision, "goversion": runtime.Version()})
}

func tlsInsecure(insecure bool) prometheus.Collector {
	value := 0.0
	if insecure {
		value = 1
	}
	return constant("tls_insecure", "1 where Exchange's certificates are not verified.", value, nil)
}

func constant(name, help string, value float64, labels prometheus.Labels) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + name, Help: help, ConstLabels: labels})
	g.Set(value)
	return g
}
