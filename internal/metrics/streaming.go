package metrics

import (
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

var _ streamer.Observer = (*Metrics)(nil)

// streamMetrics are what the streamer tells.
type streamMetrics struct {
	received, published, dropped, gaps, reconnects *prometheus.CounterVec

	byKind map[messages.Kind]kindCounters // of notifications: found without making labels

	lag, publishing, gapLength prometheus.Histogram
	lastEvent                  *prometheus.GaugeVec
	newest                     atomic.Uint64 // bits of what lastEvent shows
	hand                       atomic.Int64  // notifications received and neither stored nor dropped
	inHand                     prometheus.GaugeFunc
}

type kindCounters struct{ received, published prometheus.Counter }

var (
	publishBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	lagBuckets     = []float64{.1, .25, .5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600}
	gapBuckets     = []float64{1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 24 * 3600}
)

func newStreamMetrics() *streamMetrics {
	s := &streamMetrics{
		byKind:     map[messages.Kind]kindCounters{},
		received:   counters("notifications_received_total", "Notifications read from Exchange, by kind.", "type"),
		published:  counters("events_published_total", "Events stored in NATS.", "object", "verb", "origin"),
		dropped:    counters("events_dropped_total", "Notifications that were read and not stored, and whether that was meant.", "reason", "intentional"),
		gaps:       counters("gaps_total", "Gaps announced, one for each mailbox.", "reason"),
		reconnects: counters("reconnects_total", "Connections opened again.", "reason"),
		lag:        prometheus.NewHistogram(histogram("event_lag_seconds", "From Exchange's time of an event (whole seconds) to when it was read.", lagBuckets)),
		publishing: prometheus.NewHistogram(histogram("publish_duration_seconds", "From handing a batch of events to NATS to its last acknowledgement.", publishBuckets)),
		gapLength:  prometheus.NewHistogram(histogram("gap_duration_seconds", "Length of announced gaps, without their uncertainty.", gapBuckets)),
		lastEvent:  moments("last_event_timestamp_seconds", "When the newest event of an item or folder that is stored was read."),
	}
	s.inHand = prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: prefix + "notifications_in_hand",
		Help: "Notifications read and neither stored nor dropped yet."}, func() float64 { return float64(s.hand.Load()) })
	s.begin()
	return s
}

// begin makes the series of the closed sets.
func (s *streamMetrics) begin() {
	for _, k := range notificationKinds() {
		s.published.WithLabelValues(string(k.Object), string(k.Verb), string(messages.OriginRecovered))
		s.byKind[k] = s.counters(k)
	}
	for _, k := range lifecycleKinds() {
		s.published.WithLabelValues(string(k.Object), string(k.Verb), string(messages.OriginStream))
	}
	for reason := range dropReasons {
		s.dropped.WithLabelValues(reason, strconv.FormatBool(reason != unstorable))
	}
	for reason := range reconnectReasons {
		s.reconnects.WithLabelValues(reason)
	}
	for reason := range gapReasons {
		s.gaps.WithLabelValues(reason)
	}
}

func (s *streamMetrics) counters(k messages.Kind) kindCounters {
	label := kindLabel(k)
	return kindCounters{s.received.WithLabelValues(typeLabel(k)),
		s.published.WithLabelValues(string(label.Object), string(label.Verb), string(messages.OriginStream))}
}

// of are the counters of a kind; all that are unknown share theirs.
func (s *streamMetrics) of(k messages.Kind) kindCounters {
	if c, ok := s.byKind[k]; ok {
		return c
	}
	return s.counters(k)
}

func (s *streamMetrics) register(r *prometheus.Registry) {
	r.MustRegister(s.received, s.published, s.dropped, s.gaps, s.reconnects, s.lag, s.publishing, s.gapLength, s.lastEvent, s.inHand)
}

// Received counts a notification.
func (m *Metrics) Received(kind messages.Kind) {
	m.stream.of(kind).received.Inc()
	m.stream.hand.Add(1)
}

// Stored counts an event.
func (m *Metrics) Stored(event messages.Event) {
	s, kind := m.stream, event.Kind()
	switch e := event.(type) {
	case messages.MailboxEvent:
		if e.Origin == messages.OriginRecovered {
			kind = kindLabel(kind)
			s.published.WithLabelValues(string(kind.Object), string(kind.Verb), string(e.Origin)).Inc()
			return
		}
		s.notified(e.EventMeta)
	case messages.MailboxGap:
		s.gaps.WithLabelValues(gapReasons.labelOrCode(e.Cause)).Inc()
		s.gapLength.Observe(max(0, e.To.Sub(e.From).Seconds()))
	}
	s.of(kind).published.Inc()
}

// notified sees to an event that was a notification.
func (s *streamMetrics) notified(meta messages.EventMeta) {
	s.hand.Add(-1)
	s.lag.Observe(max(0, meta.Recorded.Sub(meta.Time).Seconds())) // two clocks: never less than nothing
	read := seconds(meta.Recorded)
	for {
		newest := s.newest.Load()
		if read <= math.Float64frombits(newest) {
			return
		}
		if s.newest.CompareAndSwap(newest, math.Float64bits(read)) {
			break
		}
	}
	s.lastEvent.WithLabelValues().Set(read)
}

// Dropped counts notifications that are not to be stored.
func (m *Metrics) Dropped(reason string, intended bool, notifications int) {
	m.stream.dropped.WithLabelValues(dropReasons.label(reason), strconv.FormatBool(intended)).Add(float64(notifications))
	m.stream.hand.Add(-int64(notifications))
}

// Published takes the time that a batch took.
func (m *Metrics) Published(took time.Duration) {
	m.stream.publishing.Observe(took.Seconds())
}

// Reconnected counts a connection that is opened again.
func (m *Metrics) Reconnected(reason string) {
	m.stream.reconnects.WithLabelValues(reconnectReasons.labelOrCode(reason)).Inc()
}
