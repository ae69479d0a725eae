package ewssoap

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// busyEnvelope is an envelope as full as Exchange makes them: 50 events.
func busyEnvelope() string {
	var events strings.Builder
	for i := range 50 {
		fmt.Fprintf(&events, `<t:CreatedEvent><t:TimeStamp>2026-11-21T01:00:05Z</t:TimeStamp>`+
			`<t:ItemId Id="AAMkAGFhYWFhYWFhLWJiYmItY2NjYy1kZGRkLWVlZWVlZWVlZWVlZQBGAAAAAAAbyiV7GVHPTqB8uu1V4vR5BwAJ0ZJ2k5J1Qb0p8Y2nQ3%04dAAAAAAEMAAAJ0ZJ2k5J1Qb0p8Y2nQ3AAAAAAA=" ChangeKey="CQAAAA==" />`+
			`<t:ParentFolderId Id="AQMkAGFhYWEAYWFhYS1iYmJiLWNjY2MtZGRkZC1lZWVlZWVlZWVlZWUALgAAAxvKJXsZUc9OoHy67VXi9HkBAAnRknaTknVBvSnxjadDcAAAAgEMAAAA" ChangeKey="AQAAAA==" /></t:CreatedEvent>`, i)
	}
	return enveloped(message(`<m:Notifications><m:Notification><t:SubscriptionId>` + firstID + `</t:SubscriptionId>` + events.String() + `</m:Notification></m:Notifications>`))
}

// BenchmarkStream measures the decoding of a stream, from bytes to events.
func BenchmarkStream(b *testing.B) {
	const envelopes, events = 20, 20 * 50
	body := strings.Repeat(busyEnvelope(), envelopes) + goodbye
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	c := NewClient(Options{Streams: answering(http.StatusOK, http.Header{}, func() io.Reader { return strings.NewReader(body) })})
	for b.Loop() {
		s, err := c.GetStreamingEvents(b.Context(), Call{URL: someURL}, oneStream)
		if err != nil {
			b.Fatal(err)
		}
		have, err := readAll(s)
		if err != io.EOF || len(have) != envelopes+1 {
			b.Fatalf("%d envelopes, %v", len(have), err)
		}
	}
	b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
}
