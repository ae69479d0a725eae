package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const (
	throughputGroups = 4
	roundEvents      = 1500 // of each group
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
			var way [3]ways
			for number := 0; b.Loop(); number += roundEvents {
				streams := streamsOf(number, perEnvelope)
				way[0] = append(way[0], p.run(streams))
				events := p.stored.take()
				way[1] = append(way[1], bare.run(events))
				way[2] = append(way[2], naive.run(streams, events))
			}
			b.ReportMetric(0, "ns/op")
			for i, name := range []string{"pipeline", "bare", "naive"} {
				way[i].report(b, name)
			}
			way[0].compare(b, way[1], "bare")
			way[0].compare(b, way[2], "naive")
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
func (p *pipeline) run(streams [][][]byte) cost {
	there := p.stored.await(len(streams) * roundEvents)
	var written [][]byte
	for _, envelopes := range streams {
		written = append(written, slices.Concat(envelopes...))
	}
	spent := begin()
	for group, all := range written {
		p.exchange.feed(anchor(group)) <- all
	}
	<-there
	return spent(len(streams) * roundEvents)
}
