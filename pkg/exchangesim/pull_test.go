package exchangesim_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// pulled is a Notification of GetEvents.
type pulled struct {
	SubscriptionID    string `xml:"SubscriptionId"`
	PreviousWatermark string
	MoreEvents        bool
	Events            []struct {
		XMLName   xml.Name
		Watermark string
	} `xml:",any"`
}

// last is the watermark to go on with.
func (p pulled) last() string { return p.Events[len(p.Events)-1].Watermark }

func (p pulled) types() string {
	var names []string
	for _, e := range p.Events {
		names = append(names, e.XMLName.Local)
	}
	return strings.Join(names, " ")
}

func pullBody(minutes int, watermark string) string {
	if watermark != "" {
		watermark = "<t:Watermark>" + watermark + "</t:Watermark>"
	}
	return fmt.Sprintf(`<m:Subscribe><m:PullSubscriptionRequest><t:FolderIds>%s</t:FolderIds>%s%s<t:Timeout>%d</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>`,
		ofInbox, allTypes, watermark, minutes)
}

// subscribePull returns the id and the first watermark.
func (w *work) subscribePull(minutes int, watermark string) (id, first string) {
	w.t.Helper()
	a := w.call(pullBody(minutes, watermark))
	_, rest, ok := strings.Cut(a.body, "<m:Watermark>")
	first, _, _ = strings.Cut(rest, "<")
	if !ok || a.subID == "" {
		w.t.Fatalf("Subscribe: %s", a.body)
	}
	return a.subID, first
}

func getEventsBody(id, watermark string) string {
	return "<m:GetEvents><m:SubscriptionId>" + id + "</m:SubscriptionId><m:Watermark>" + watermark + "</m:Watermark></m:GetEvents>"
}

func (w *work) getEvents(id, watermark string) (pulled, string) {
	w.t.Helper()
	a := w.call(getEventsBody(id, watermark))
	var e struct {
		Notification pulled `xml:"Body>GetEventsResponse>ResponseMessages>GetEventsResponseMessage>Notification"`
	}
	if err := xml.Unmarshal([]byte(a.body), &e); err != nil {
		w.t.Fatal(err)
	}
	return e.Notification, a.code
}

func TestPullSubscription(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		w.s.Deliver(anna) // before it
		id, first := w.subscribePull(10, "")
		quiet, _ := w.getEvents(id, first)
		if quiet.types() != "StatusEvent" || quiet.last() != first || quiet.SubscriptionID != id || quiet.PreviousWatermark != first {
			t.Errorf("quiet: %+v", quiet)
		}
		w.s.Deliver(anna)
		w.s.Create(anna, "drafts")
		one, _ := w.getEvents(id, first)
		again, _ := w.getEvents(id, first)
		if want := "CreatedEvent NewMailEvent ModifiedEvent"; one.types() != want || again.types() != want || one.MoreEvents {
			t.Errorf("have %s, again %s, want %s", one.types(), again.types(), want)
		}
		if next, _ := w.getEvents(id, one.Events[0].Watermark); next.types() != "NewMailEvent ModifiedEvent" {
			t.Errorf("from the middle: %s", next.types())
		}
		for range 20 {
			w.s.Deliver(anna)
		}
		total, more, mark := 0, true, one.last()
		for pages := 0; more; pages++ {
			page, code := w.getEvents(id, mark)
			if code != "NoError" || pages == 0 && len(page.Events) != 50 {
				t.Fatalf("page of %d events, %s", len(page.Events), code)
			}
			total, more, mark = total+len(page.Events), page.MoreEvents, page.last()
		}
		if total != 60 {
			t.Errorf("%d events, want 60", total)
		}
		other, _ := w.subscribePull(10, first) // from an old watermark
		if old, _ := w.getEvents(other, first); len(old.Events) != 50 {
			t.Errorf("an old watermark gives %d events", len(old.Events))
		}
		if !w.s.Truth().Subscriptions[0].Pull {
			t.Error("the truth does not say that the subscription is of the pull kind")
		}
		if have := w.unsubscribe(as(anna), id).code; have != "NoError" {
			t.Errorf("Unsubscribe: %s", have)
		}
		if _, have := w.getEvents(id, first); have != "ErrorSubscriptionNotFound" {
			t.Errorf("after Unsubscribe: %s", have)
		}
	})
}

func TestPullSubscriptionRefuses(t *testing.T) {
	withWork(t, exchangesim.Config{QueueLimit: 6}, func(t *testing.T, w *work) {
		id, first := w.subscribePull(10, "")
		stream := w.subscribe(as(anna)).subID
		if _, have := w.getEvents(stream, first); have != "ErrorInvalidPullSubscriptionId" {
			t.Errorf("a streaming id: %s", have)
		}
		if _, have := w.getEvents(id, "junk"); have != "ErrorInvalidWatermark" {
			t.Errorf("junk: %s", have)
		}
		if have := w.call(pullBody(10, "junk")).code; have != "ErrorInvalidWatermark" {
			t.Errorf("Subscribe with junk: %s", have)
		}
		for _, minutes := range []int{0, 1441} {
			if have := w.call(pullBody(minutes, "")).code; have != "ErrorSchemaValidation" {
				t.Errorf("Timeout %d: %s", minutes, have)
			}
		}
		w.open(as(anna), 1, id).want("Error ErrorInvalidSubscription Closed 1 ids")
		for range 4 {
			w.s.Deliver(anna)
		}
		if _, have := w.getEvents(id, first); have != "ErrorEventNotFound" {
			t.Errorf("forgotten events: %s", have)
		}
	})
}

func TestPullSubscriptionExpires(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		id, first := w.subscribePull(10, "")
		for range 3 { // asking keeps it alive
			time.Sleep(9 * time.Minute)
			if _, have := w.getEvents(id, first); have != "NoError" {
				t.Fatal(have)
			}
		}
		time.Sleep(10 * time.Minute)
		if _, have := w.getEvents(id, first); have != "ErrorSubscriptionNotFound" {
			t.Errorf("have %s", have)
		}
		if have := w.s.Truth().Subscriptions[0].EndedWhy; have != "expired" {
			t.Errorf("ended: %s", have)
		}
	})
}
