package exchangesim_test

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const syncInbox = `<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id="inbox"/></m:SyncFolderId>` +
	`<m:SyncState>%s</m:SyncState><m:MaxChangesReturned>%d</m:MaxChangesReturned><m:SyncScope>NormalItems</m:SyncScope></m:SyncFolderItems>`

// synced is an answer of SyncFolderItems.
type synced struct {
	Code    string `xml:"Body>SyncFolderItemsResponse>ResponseMessages>SyncFolderItemsResponseMessage>ResponseCode"`
	State   string `xml:"Body>SyncFolderItemsResponse>ResponseMessages>SyncFolderItemsResponseMessage>SyncState"`
	Last    bool   `xml:"Body>SyncFolderItemsResponse>ResponseMessages>SyncFolderItemsResponseMessage>IncludesLastItemInRange"`
	Changes struct {
		Entries []struct {
			XMLName xml.Name
			Created id `xml:"Message>ItemId"`
			Changed id `xml:"ItemId"`
		} `xml:",any"`
	} `xml:"Body>SyncFolderItemsResponse>ResponseMessages>SyncFolderItemsResponseMessage>Changes"`
}

func (c *client) sync(state string, most int) synced {
	c.t.Helper()
	a := c.do(c.request(as(anna), fmt.Sprintf(syncInbox, state, most)))
	var answer synced
	if err := xml.Unmarshal([]byte(a.body), &answer); err != nil {
		c.t.Fatalf("%v: %s", err, a.body)
	}
	return answer
}

// kinds tells the changes in a line.
func (s synced) kinds() string {
	var kinds []string
	for _, e := range s.Changes.Entries {
		kinds = append(kinds, e.XMLName.Local)
	}
	return strings.Join(kinds, " ")
}

func TestSyncFolderItemsTellsNetChanges(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		kept, read, gone := s.Deliver(anna), s.Deliver(anna), s.Deliver(anna)
		first := c.sync("", 512)
		if have := first.kinds(); have != "Create Create Create" || !first.Last {
			t.Fatalf("first: %s", have)
		}
		if again := c.sync(first.State, 512); again.kinds() != "" || again.State != first.State {
			t.Errorf("nothing happened: %s", again.kinds())
		}
		s.MarkRead(anna, read.ID)
		s.Move(anna, gone.ID, "notes")
		s.MarkRead(anna, kept.ID)
		s.MarkRead(anna, kept.ID) // an edit, now
		s.Delete(anna, s.Deliver(anna).ID)
		s.MarkRead(anna, s.Deliver(anna).ID)
		if have, want := c.sync(first.State, 512).kinds(), "ReadFlagChange Delete Update Create"; have != want {
			t.Errorf("have %s, want %s", have, want)
		}
	})
}

func TestSyncStateIsChecked(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		state := c.sync("", 512).State
		for name, bad := range map[string]string{"damaged": state[1:], "junk": "anJ1bms=", "another folder's": strings.Replace(state, "D", "E", 1)} {
			if have := c.sync(bad, 512).Code; have != "ErrorInvalidSyncStateData" {
				t.Errorf("%s: have %s", name, have)
			}
		}
		for _, most := range []int{0, 513} {
			if have := c.do(c.request(as(anna), fmt.Sprintf(syncInbox, "", most))).code; have != "ErrorSchemaValidation" {
				t.Errorf("%d changes: have %s", most, have)
			}
		}
	})
}

// A client that applies the changes of any pages, whenever it asks, has the folder's items.
func TestSyncFolderItemsConverges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.IntRange(1, 4).Draw(rt, "page")
		work := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 40).Draw(rt, "work")
		bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
			truth, copied, state := map[string]bool{}, map[string]bool{}, ""
			pick := func(i int) string {
				if len(truth) == 0 {
					return ""
				}
				return slices.Sorted(maps.Keys(truth))[i%len(truth)]
			}
			for i, w := range append(work, 4) {
				switch item := pick(i); {
				case w < 2 || w < 4 && item == "":
					truth[s.Deliver(anna).ID] = true
				case w == 2:
					s.Move(anna, item, "notes")
					delete(truth, item)
				case w == 3:
					s.MarkRead(anna, item)
				default:
					state = c.apply(copied, state, most)
				}
			}
			if !maps.Equal(truth, copied) {
				rt.Errorf("the folder has %d items, the copy %d", len(truth), len(copied))
			}
		})
	})
}

// apply brings a copy of the folder up to date.
func (c *client) apply(copied map[string]bool, state string, most int) string {
	c.t.Helper()
	for {
		page := c.sync(state, most)
		for _, e := range page.Changes.Entries {
			switch e.XMLName.Local {
			case "Create":
				copied[e.Created.ID] = true
			case "Delete":
				delete(copied, e.Changed.ID)
			}
		}
		state = page.State
		if page.Last {
			return state
		}
	}
}
