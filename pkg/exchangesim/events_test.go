package exchangesim_test

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// eyes are subscriptions of both kinds to the same folders.
type eyes struct {
	stream, pull, mark string
}

// look subscribes to folders, or to all of them.
func (w *work) look(folders string) eyes {
	w.t.Helper()
	attr, ids := ` SubscribeToAllFolders="true"`, ""
	if folders != "" {
		for _, name := range strings.Fields(folders) {
			ids += `<t:DistinguishedFolderId Id="` + name + `"/>`
		}
		attr, ids = "", "<t:FolderIds>"+ids+"</t:FolderIds>"
	}
	subscribe := func(kind, after string) answer {
		return w.must("<m:Subscribe><m:%[1]s%[2]s>%[3]s%[4]s</m:%[1]s></m:Subscribe>", kind, attr, ids, allTypes+after)
	}
	stream, pull := subscribe("StreamingSubscriptionRequest", ""), subscribe("PullSubscriptionRequest", "<t:Timeout>10</t:Timeout>")
	_, rest, _ := strings.Cut(pull.body, "<m:Watermark>")
	mark, _, _ := strings.Cut(rest, "<")
	return eyes{stream.subID, pull.subID, mark}
}

// streamed are the events that a stream gives now.
func (w *work) streamed(e eyes) []wire {
	w.t.Helper()
	st := w.open(as(anna), 1, e.stream)
	defer st.close()
	st.want(opened)
	notification, err := st.next()
	if err != nil || len(notification.Messages[0].Notifications) != 1 {
		w.t.Fatalf("stream: %v %v", notification, err)
	}
	return notification.Messages[0].Notifications[0].Events
}

// pulled are the events that GetEvents gives now.
func (w *work) pulled(e eyes) []wire {
	w.t.Helper()
	var a struct {
		Events struct {
			SubscriptionID    string `xml:"SubscriptionId"`
			PreviousWatermark string
			MoreEvents        bool
			Events            []wire `xml:",any"`
		} `xml:"Body>GetEventsResponse>ResponseMessages>GetEventsResponseMessage>Notification"`
	}
	if err := xml.Unmarshal([]byte(w.call(getEventsBody(e.pull, e.mark)).body), &a); err != nil {
		w.t.Fatal(err)
	}
	return a.Events.Events
}

// tell tells events in a line: an item as i, and folders by their names.
func (w *work) tell(events []wire) string {
	var told []string
	for _, e := range events {
		word := strings.TrimSuffix(e.XMLName.Local, "Event") + ":"
		switch {
		case e.FolderID.ID != "":
			word += w.nameOf(e.FolderID)
		case e.ItemID.ID != "":
			word += "i"
		}
		switch {
		case e.OldParent.ID != "":
			word += "@" + w.nameOf(e.OldParent) + ">" + w.nameOf(e.Parent)
		case e.FolderID.ID == "" || e.XMLName.Local != "ModifiedEvent":
			word += "@" + w.nameOf(e.Parent)
		}
		if e.Unread != nil {
			word += fmt.Sprint("=", *e.Unread)
		}
		told = append(told, word)
	}
	return strings.Join(told, " ")
}

var displayName = regexp.MustCompile(`<t:DisplayName>([^<]*)<`)

func (w *work) nameOf(folder id) string {
	m := displayName.FindStringSubmatch(w.call(strings.Replace(strings.Replace(getInbox, "IdOnly", "Default", 1), ofInbox, `<t:FolderId Id="`+folder.ID+`"/>`, 1)).body)
	if m == nil {
		return "gone"
	}
	return m[1]
}

// TestEventsOfDeeds holds each row of the tables against what streaming and pull subscriptions give.
func TestEventsOfDeeds(t *testing.T) {
	for profile, rows := range deletions {
		for _, row := range slices.Concat(deeds, rows) {
			t.Run(string(profile)+"/"+row.name, func(t *testing.T) {
				withWork(t, exchangesim.Config{Profile: profile, Affinity: exchangesim.AffinityHeaders}, func(t *testing.T, w *work) { row.check(t, w) })
			})
		}
	}
}

func (row deed) check(t *testing.T, w *work) {
	t.Helper()
	id := ""
	if row.ready != nil {
		id = row.ready(w)
	}
	some, all := w.look(row.folders), w.look("")
	row.do(w, id)
	if row.all == "" {
		row.all = row.some
	}
	for _, test := range []struct {
		what   string
		events []wire
		want   string
	}{
		{"streaming, some folders", w.streamed(some), row.some}, {"pull, some folders", w.pulled(some), row.some},
		{"streaming, all folders", w.streamed(all), row.all}, {"pull, all folders", w.pulled(all), row.all},
	} {
		if have := w.tell(test.events); have != test.want {
			t.Errorf("%s:\nhave %s\nwant %s", test.what, have, test.want)
		}
	}
}

// What gromox does otherwise: the folder is named before the new mail, a copy is a CopiedEvent, a moved item does not
// change before, every deletion but a hard one is a move.
func TestEventsOfGromox(t *testing.T) {
	withWork(t, exchangesim.Config{Profile: exchangesim.Gromox}, func(t *testing.T, w *work) {
		st := w.open(as(anna), 1, w.subscribe(as(anna)).subID)
		st.want(opened)
		w.begin()
		it := w.s.Deliver(anna)
		e, err := st.next()
		if err != nil || strings.Join(e.types(), " ") != "MoreEvents CreatedEvent ModifiedEvent NewMailEvent" {
			t.Errorf("arrival: have %v, %v", e.types(), err)
		}
		w.s.Copy(anna, it.ID, "notes")
		e, err = st.next()
		if err != nil || strings.Join(e.types(), " ") != "MoreEvents CopiedEvent ModifiedEvent" || e.Messages[0].Notifications[0].Events[1].OldItem.ID != it.ID {
			t.Errorf("copy: have %v, %v", e, err)
		}
		w.must(deleteFormat, "SoftDelete", w.s.Move(anna, it.ID, "notes").ID)
		want := "deliver anna: Created Modified(inbox) NewMail; copy anna: Copied Modified(notes); " +
			"move anna: Moved Modified(inbox) Modified(notes); softdelete anna: Moved Modified(notes)"
		if have := w.since(); have != want {
			t.Errorf("have %s\nwant %s", have, want)
		}
	})
}
