package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const (
	throughputGroups = 4
	roundEvents      = 6000 // of each group
	naiveShare       = 10   // the synchronous way gets so many times fewer
)

// BenchmarkPipeline measures from the first byte that Exchange writes to the last
// event stored, with envelopes of 50 and of 3 notifications. In every round the same
// messages are then published by nats.go alone, and a part of the same stream is
// decoded by encoding/xml and published by Watermill's publisher, one at a time for
// each connection. The metrics are medians over the rounds.
func BenchmarkPipeline(b *testing.B) {
	for _, perEnvelope := range []int{50, 3} {
		b.Run(fmt.Sprintf("of%d", perEnvelope), func(b *testing.B) {
			p := newPipeline(b, throughputGroups)
			bare, naive := newBare(b, p.natsURL), newNaive(b, p)
			var rates [3][]float64
			var overBare, overNaive []float64
			for number := 0; b.Loop(); number += roundEvents {
				streams := streamsOf(number, perEnvelope)
				took := p.run(streams)
				events := p.stored.take()
				pipelineRate := rate(len(events), took)
				bareRate := rate(len(events), bare.run(events))
				naiveRate := naive.run(streams, events)
				for i, r := range []float64{pipelineRate, bareRate, naiveRate} {
					rates[i] = append(rates[i], r)
				}
				overBare = append(overBare, pipelineRate/bareRate)
				overNaive = append(overNaive, pipelineRate/naiveRate)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(rates[0]), "pipeline-events/s")
			b.ReportMetric(median(rates[1]), "bare-events/s")
			b.ReportMetric(median(rates[2]), "naive-events/s")
			b.ReportMetric(median(overBare), "pipeline/bare")
			b.ReportMetric(median(overNaive), "pipeline/naive")
		})
	}
}

// streamsOf are the envelopes of a round, of each group. Their events are spread over
// the group's mailboxes.
func streamsOf(number, perEnvelope int) [][][]byte {
	streams := make([][][]byte, throughputGroups)
	for group := range streams {
		for first := 0; first < roundEvents; first += perEnvelope {
			var events []happened
			for n := first; n < min(first+perEnvelope, roundEvents); n++ {
				events = append(events, happened{group, n % groupSize, number + n, time.Now()})
			}
			streams[group] = append(streams[group], told(events))
		}
	}
	return streams
}

// run has the streams written and waits until all of it is stored.
func (p *pipeline) run(streams [][][]byte) time.Duration {
	there := p.stored.await(len(streams) * roundEvents)
	var written [][]byte
	for _, envelopes := range streams {
		written = append(written, slices.Concat(envelopes...))
	}
	began := time.Now()
	for group, all := range written {
		p.exchange.feed(anchor(group)) <- all
	}
	<-there
	return time.Since(began)
}

func rate(events int, took time.Duration) float64 { return float64(events) / took.Seconds() }

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
