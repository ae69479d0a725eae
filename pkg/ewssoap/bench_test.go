package ewssoap

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// itemID and folderID make ids of the length and the alphabet of Exchange's.
func itemID(n int) string {
	return fmt.Sprintf("AAMkAGFhYWFhYWFhLWJiYmItY2NjYy1kZGRkLWVlZWVlZWVlZWVlZQBGAAAAAAAbyiV7GVHPTqB8uu1V4vR5BwAJ0ZJ2k5J1Qb0p8Y2nQ3%06dAAAAAAEMAAAJ0ZJ2k5J1Qb0p8Y2nQ3AAA+/AAA=", n)
}

func folderID(n int) string {
	return fmt.Sprintf("AQMkAGFhYWEAYWFhYS1iYmJiLWNjY2MtZGRkZC1lZWVlZWVlZWVlZWUALgAAAxvKJXsZUc9OoHy67VXi9HkBAAnRknaTknVBvSnx%06dAAAAgEMAAAA", n)
}

// changes makes n events of a mailbox as mails arrive: each is created, new, and counted by its folder.
func changes(mailbox, mail, n int) string {
	var b strings.Builder
	for i := range n {
		item, folder := itemID(mailbox*1000+mail+i/3), folderID(mailbox)
		kind, what, count := "CreatedEvent", `<t:ItemId Id="`+item+`" ChangeKey="CQAAAA==" />`, ""
		switch i % 3 {
		case 1:
			kind = "NewMailEvent"
		case 2:
			kind, what, count = "ModifiedEvent", `<t:FolderId Id="`+folder+`" ChangeKey="AQAAAA==" />`, `<t:UnreadCount>12</t:UnreadCount>`
		}
		fmt.Fprintf(&b, `<t:%s><t:TimeStamp>2026-11-21T01:%02d:%02dZ</t:TimeStamp>%s<t:ParentFolderId Id="%s" ChangeKey="AQAAAA==" />%s</t:%s>`,
			kind, mailbox%60, i/3, what, folder, count, kind)
	}
	return b.String()
}

// exchangeEnvelope is an envelope with events of several subscriptions, in the frame that Exchange writes.
func exchangeEnvelope(mail, notifications, events int) string {
	inner := "<m:ConnectionStatus>OK</m:ConnectionStatus>"
	if notifications > 0 {
		var b strings.Builder
		for mailbox := range notifications {
			fmt.Fprintf(&b, `<m:Notification><t:SubscriptionId>%s%02d</t:SubscriptionId>%s</m:Notification>`, firstID[:len(firstID)-2], mailbox, changes(mailbox, mail, events))
		}
		inner = "<m:Notifications>" + b.String() + "</m:Notifications>"
	}
	const schemas = ` xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	return `<Envelope xmlns="` + soapNamespace + `"><soap11:Header xmlns:soap11="` + soapNamespace + `"><ServerVersionInfo` + schemas +
		` MajorVersion="15" MinorVersion="2" MajorBuildNumber="2562" MinorBuildNumber="17" Version="V2017_07_11" xmlns="` + typesNamespace + `" /></soap11:Header>` +
		`<soap11:Body xmlns:soap11="` + soapNamespace + `"><m:GetStreamingEventsResponse` + schemas + ` xmlns:t="` + typesNamespace + `" xmlns:m="` + messagesNamespace +
		`"><m:ResponseMessages>` + message(inner) + `</m:ResponseMessages></m:GetStreamingEventsResponse></soap11:Body></Envelope>`
}

// shapes are envelopes as they come in a day.
var shapes = []struct {
	name                  string
	notifications, events int
}{{"heartbeat", 0, 0}, {"1x3", 1, 3}, {"50x7", 50, 7}}

// BenchmarkStream measures a stream from bytes to events, by encoding/xml alone and with the scanner, and how many times as
// many bytes a second the latter reads.
func BenchmarkStream(b *testing.B) {
	for _, shape := range shapes {
		var body strings.Builder
		envelopes := 0
		for body.Len() < 4<<20 {
			body.WriteString(exchangeEnvelope(3*envelopes, shape.notifications, shape.events))
			envelopes++
		}
		var alone float64 // nanoseconds a byte
		for _, way := range []string{"xml", "scan"} {
			b.Run(shape.name+"/"+way, func(b *testing.B) {
				b.SetBytes(int64(body.Len()))
				b.ReportAllocs()
				for b.Loop() {
					s := proven(b, strings.NewReader(body.String()), Options{})
					if way == "xml" {
						s.alone = true
					}
					if have, err := readAll(s); code(err) != ConditionEOF || len(have) != envelopes {
						b.Fatalf("%d envelopes, %v", len(have), err)
					}
				}
				each := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(body.Len())
				if way == "xml" {
					alone = each
				} else if alone > 0 {
					b.ReportMetric(alone/each, "x")
				}
				b.ReportMetric(float64(b.N*envelopes*max(1, shape.notifications*shape.events))/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// proven opens a stream that brings the given bytes behind a first envelope, which was read.
func proven(t testing.TB, body io.Reader, o Options) *Stream {
	t.Helper()
	s := streamOf(t, io.MultiReader(strings.NewReader(heartbeat), body), o)
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	return s
}
