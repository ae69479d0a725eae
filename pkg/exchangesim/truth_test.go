package exchangesim_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// TestEventsOfChanges has a line for each change: the events of a subscription to all folders, with the well-known name
// of the folder each lies in; for folders that of the folder itself.
func TestEventsOfChanges(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(*exchangesim.Server)
		want string
	}{
		{"deliver", func(s *exchangesim.Server) { s.Deliver(anna) }, "Created:inbox NewMail:inbox Modified:/inbox:2"},
		{"create", func(s *exchangesim.Server) { s.Create(anna, "drafts") }, "Created:drafts Modified:/drafts:0"},
		{"read", func(s *exchangesim.Server) { s.MarkRead(anna, first(s)) }, "Modified:inbox Modified:/inbox:0"},
		{"move", func(s *exchangesim.Server) { s.Move(anna, first(s), "junkemail") }, "Modified:inbox Moved:inbox>junkemail Modified:/inbox:0 Modified:/junkemail:1"},
		{"copy", func(s *exchangesim.Server) { s.Copy(anna, first(s), "Projects") }, "Created: Modified:/:1"},
		{"delete", func(s *exchangesim.Server) { s.Delete(anna, first(s)) }, "Deleted:inbox Deleted:inbox Modified:/inbox:0"},
		{"create folder", func(s *exchangesim.Server) { s.CreateFolder(anna, "inbox", "Alpha") }, "Created:/ Modified:/inbox:1"},
		{"accept", func(s *exchangesim.Server) { s.Accept(anna) }, "Created:calendar Modified:calendar FreeBusyChanged:calendar Modified:/calendar"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				s.Deliver(anna)
				before := len(s.Truth().Events)
				id := c.subscribe(as(anna)).subID
				test.do(s)
				truth := s.Truth()
				if have := describe(truth, before); have != test.want {
					t.Errorf("truth: have %s, want %s", have, test.want)
				}
				st := c.open(as(anna), 1, id)
				st.want(opened)
				e, err := st.next()
				if err != nil {
					t.Fatal(err)
				}
				sameEvents(t, truth.Events[before:], e.Messages[0].Notifications[0].Events)
			})
		})
	}
}

// first returns the item delivered first.
func first(s *exchangesim.Server) string { return s.Truth().Changes[0].ItemID }

// describe tells the events from a position on.
func describe(truth exchangesim.Truth, from int) string {
	names := map[string]string{}
	for _, e := range truth.Events {
		if e.FolderID == "" {
			names[e.ParentFolderID] = e.Folder
		}
	}
	var words []string
	for _, e := range truth.Events[from:] {
		word := strings.TrimSuffix(e.Type, "Event") + ":"
		if e.OldParentFolderID != "" {
			word += names[e.OldParentFolderID] + ">"
		}
		if e.FolderID != "" {
			word += "/"
		}
		word += e.Folder
		if e.UnreadCount != nil {
			word += fmt.Sprint(":", *e.UnreadCount)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// sameEvents compares the truth with what a client read.
func sameEvents(t *testing.T, truth []exchangesim.Event, have []wire) {
	t.Helper()
	var want, read []string
	for _, e := range truth {
		want = append(want, fmt.Sprint(e.Type, e.At.UTC().Format(time.RFC3339), e.ItemID, e.FolderID, e.ParentFolderID, e.OldItemID, e.OldParentFolderID))
	}
	for _, e := range have {
		read = append(read, fmt.Sprint(e.XMLName.Local, e.TimeStamp, e.ItemID.ID, e.FolderID.ID, e.Parent.ID, e.OldItem.ID, e.OldParent.ID))
	}
	if d := cmp.Diff(want, read); d != "" {
		t.Errorf("the stream differs from the truth (-truth +stream):\n%s", d)
	}
}

func TestMoveGivesANewID(t *testing.T) {
	s := exchangesim.New(exchangesim.Config{})
	s.AddMailbox(anna, ex01, site)
	it := s.Deliver(anna)
	moved := s.Move(anna, it.ID, "Projects")
	if moved.ID == it.ID || moved.Folder != "Projects" {
		t.Errorf("moved: %+v from %+v", moved, it)
	}
	if again := s.Move(anna, it.ID, "inbox"); again.ID != "" {
		t.Errorf("the old id still moves: %+v", again)
	}
	if s.MarkRead(anna, it.ID) || !s.Delete(anna, moved.ID) || s.Delete(anna, moved.ID) {
		t.Error("an item that is gone was found, or one that is there was not")
	}
}

func TestFolderSubscriptionsAreFiltered(t *testing.T) {
	const newMail = "<t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes>"
	for _, test := range []struct {
		name, body string
		want       []string
	}{
		{"inbox", subscribeTo(ofInbox, allTypes), []string{"CreatedEvent", "NewMailEvent", "ModifiedEvent", "ModifiedEvent", "MovedEvent", "ModifiedEvent"}},
		{"new mail", subscribeTo(ofInbox, newMail), []string{"NewMailEvent"}},
		{"drafts", subscribeTo(`<t:DistinguishedFolderId Id="drafts"/>`, allTypes), []string{"MovedEvent", "ModifiedEvent", "CreatedEvent", "ModifiedEvent"}},
		{"both", subscribeTo(ofInbox+`<t:DistinguishedFolderId Id="drafts"/>`, newMail), []string{"NewMailEvent"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				id := c.do(c.request(as(anna), test.body)).subID
				s.Move(anna, s.Deliver(anna).ID, "drafts")
				s.Create(anna, "drafts")
				s.Create(anna, "notes")
				st := c.open(as(anna), 1, id)
				st.want(opened)
				e, err := st.next()
				if err != nil || !slices.Equal(e.types(), test.want) {
					t.Errorf("have %q, %v, want %q", e.types(), err, test.want)
				}
			})
		})
	}
}

func TestAllItemsSeesHardDeletesTwice(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		it := s.Deliver(anna)
		all, inbox := c.subscribe(as(anna)).subID, c.do(c.request(as(anna), subscribeTo(ofInbox, allTypes))).subID
		s.Delete(anna, it.ID)
		st := c.open(as(anna), 1, all, inbox)
		st.want(opened)
		st.want("Success NoError 3+2 events")
	})
}

func TestPackedFolderIDs(t *testing.T) {
	bubble(t, exchangesim.Config{PackedFolderIDs: true}, func(t *testing.T, s *exchangesim.Server, c *client) {
		id := c.subscribe(as(anna)).subID
		plain := s.Deliver(anna).FolderID
		st := c.open(as(anna), 1, id)
		st.want(opened)
		e := st.want("Success NoError 3 events")
		packed := e.Messages[0].Notifications[0].Events[0].Parent.ID
		if packed == plain || !strings.HasPrefix(packed, "AQMk") || !strings.HasPrefix(plain, "AAMk") {
			t.Errorf("event %s, folder %s", packed, plain)
		}
		a := c.do(c.request(as(anna), strings.Replace(getInbox, ofInbox, `<t:FolderId Id="`+packed+`"/>`, 1)))
		if !strings.Contains(a.body, plain) {
			t.Errorf("GetFolder of the packed id: %s", a.body)
		}
	})
}

// Whatever is done, in whatever framing and over however many connections: what a client reads of a subscription is
// what the mailbox raised, in order and once.
func TestEveryEventIsWrittenOnce(t *testing.T) {
	framings := []exchangesim.Framing{exchangesim.FramingEnvelope, exchangesim.FramingSplit, exchangesim.FramingBatch}
	rapid.Check(t, func(rt *rapid.T) {
		framing := rapid.SampledFrom(framings).Draw(rt, "framing")
		work := rapid.SliceOfN(rapid.IntRange(0, 6), 1, 60).Draw(rt, "work")
		bubble(t, exchangesim.Config{Framing: framing}, func(t *testing.T, s *exchangesim.Server, c *client) {
			id := c.subscribe(as(anna)).subID
			st := c.open(as(anna), 30, id)
			st.want(opened)
			var have []wire
			last := s.Deliver(anna)
			for _, w := range work {
				switch w {
				case 0, 1, 2:
					last = s.Deliver(anna)
				case 3:
					s.MarkRead(anna, last.ID)
				case 4:
					last = s.Move(anna, last.ID, "notes")
				case 5:
					s.Accept(anna)
				case 6:
					s.CloseStreams(anna)
					have = append(have, readAll(t, st)...)
					st = c.open(as(anna), 30, id)
					st.want(opened)
				}
			}
			synctest.Wait()
			s.CloseStreams(anna)
			have = append(have, readAll(t, st)...)
			truth := s.Truth()
			st = c.open(as(anna), 1, id)
			have = append(have, readAll(t, st)...)
			sameEvents(t, truth.Events, have)
			checkWrites(t, s.Truth())
		})
	})
}

// readAll reads a stream to its end.
func readAll(t *testing.T, st *stream) []wire {
	t.Helper()
	var events []wire
	for {
		e, err := st.next()
		if err == io.EOF {
			return events
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range e.Messages[0].Notifications {
			events = append(events, n.Events...)
		}
	}
}

// checkWrites demands that the writes are the events, each once.
func checkWrites(t *testing.T, truth exchangesim.Truth) {
	t.Helper()
	if have, want := len(truth.Writes), len(truth.Events); have != want {
		t.Errorf("%d writes of %d events", have, want)
	}
	for i, w := range truth.Writes {
		e, ok := truth.EventBySeq(w.Event)
		if !ok || e.Seq != truth.Events[i].Seq || w.Failed || w.Envelope < 2 {
			t.Errorf("write %d: %+v of %+v", i, w, e)
		}
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	bubble(t, exchangesim.Config{Accounts: map[string]string{"svc": "x"}}, func(t *testing.T, s *exchangesim.Server, c *client) {
		o := group(cora, anna, onEx01)
		o.user = "svc:x"
		o.header = map[string]string{"User-Agent": "test/1", "client-request-id": "4711", "return-client-request-id": "true"}
		a := c.subscribe(o)
		if have := a.header.Get("client-request-id"); have != "4711" {
			t.Errorf("client-request-id: have %q", have)
		}
		requests := s.Truth().Requests
		requests[0].RemoteAddr = ""
		want := []exchangesim.Request{{
			At: time.Now(), Operation: "Subscribe", AnchorMailbox: cora, PreferServerAffinity: true, Cookie: onEx01, Account: "svc",
			Impersonated: anna, Mailboxes: []string{anna}, UserAgent: "test/1", ClientRequestID: "4711", RoutedTo: ex01, Code: "NoError", HTTPStatus: 200,
		}}
		if d := cmp.Diff(want, requests); d != "" {
			t.Errorf("(-want +have)\n%s", d)
		}
	})
}

func TestConnectionsTellWhoOpenedThem(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		o := as(anna)
		o.header = map[string]string{"User-Agent": "ewsnats/streamer/s1"}
		id := c.subscribe(as(anna)).subID
		c.open(o, 1, id).want(opened)
		have := s.Truth().Connections[0]
		have.RemoteAddr = ""
		want := exchangesim.Connection{Number: 1, Server: ex01, Anchor: anna, Impersonated: anna, Agent: "ewsnats/streamer/s1", IDs: []string{id}, Opened: time.Now()}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("(-want +have)\n%s", d)
		}
	})
}

func TestTruthLimit(t *testing.T) {
	s := exchangesim.New(exchangesim.Config{TruthLimit: 10})
	s.AddMailbox(anna, ex01, site)
	for range 50 {
		s.Deliver(anna)
	}
	truth, counts := s.Truth(), s.Counts()
	if len(truth.Events) != 10 || truth.Events[9].Seq != 150 || counts.Events != 150 || counts.Changes != 50 {
		t.Errorf("%d events up to %d; counts %+v", len(truth.Events), truth.Events[len(truth.Events)-1].Seq, counts)
	}
	if _, ok := truth.EventBySeq(1); ok {
		t.Error("the first event is not forgotten")
	}
}

func TestProduce(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		s.Produce(ctx, 20, 1)
		changes := s.Truth().Changes
		if have := len(changes); have < 1990 || have > 2000 {
			t.Errorf("%d changes in 100 s at 20/s", have)
		}
		kinds, bursts := map[string]int{}, 0
		for i, ch := range changes {
			kinds[ch.Kind]++
			if i > 0 && ch.ItemID == changes[i-1].ItemID && ch.At.Truncate(time.Second) == changes[i-1].At.Truncate(time.Second) {
				bursts++
			}
		}
		if bursts == 0 {
			t.Error("no item changed twice within a second")
		}
		for _, kind := range []string{"deliver", "read", "move", "copy", "delete", "trash", "softdelete", "savedraft", "invite", "accept"} {
			if kinds[kind] == 0 {
				t.Errorf("nobody did %s: %v", kind, kinds)
			}
		}
	})
}

func TestProduceEndsWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newSim(t, exchangesim.Config{})
		done := make(chan struct{})
		go func() { s.Produce(context.Background(), 5, 1); close(done) }()
		synctest.Wait()
		s.Close()
		<-done
	})
}

func TestUnknownPath(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		for path, want := range map[string]int{"/owa": http.StatusNotFound, "/ews/exchange.asmx": http.StatusInternalServerError} {
			if have := c.do(c.post(path, "x")).status; have != want {
				t.Errorf("%s: have %d, want %d", path, have, want)
			}
		}
	})
}
