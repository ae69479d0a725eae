package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const (
	roundEvents = 1500 // of each group
	naiveShare  = 10   // the synchronous way gets so many times fewer
)

// BenchmarkPipeline measures from the first byte that Exchange writes to the last
// event stored, with envelopes of 50 and of 3 notifications. In every round the same
// messages are then published by nats.go alone, and a part of the same stream is
// decoded by encoding/xml and published by Watermill's publisher, one at a time for
// each connection. The metrics are medians over the rounds.
func BenchmarkPipeline(b *testing.B) {
	for _, c := range []struct{ groups, perEnvelope int }{{4, 50}, {4, 3}, {1, 50}} {
		b.Run(fmt.Sprintf("groups=%d/of%d", c.groups, c.perEnvelope), func(b *testing.B) {
			p := newPipeline(b, c.groups)
			bare, naive := newBare(b, p.natsURL), newNaive(b, p, c.groups)
			var way [3]ways
			for number := 0; b.Loop(); number += roundEvents {
				streams := streamsOf(c.groups, number, c.perEnvelope)
				way[0] = append(way[0], p.run(streams))
				events := p.stored.take()
				way[1] = append(way[1], bare.run(events))
				way[2] = append(way[2], naive.run(streams, events))
			}
			b.ReportMetric(0, "ns/op")
			for i, name := range []string{"pipeline", "bare", "naive"} {
				way[i].report(b, name)
			}
			way[0].compare(b, way[1], "pipeline/bare")
			way[0].compare(b, way[2], "pipeline/naive")
			way[1].compare(b, way[2], "bare/naive")
		})
	}
}

// streamsOf are the envelopes of a round, of each group. Their events are spread over
// the group's mailboxes.
func streamsOf(groups, number, perEnvelope int) [][][]byte {
	streams := make([][][]byte, groups)
	for group := range streams {
		for first := 0; first < roundEvents; first += perEnvelope {
			var events []happened
			for n := first; n < first+perEnvelope; n++ {
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
