package exchangesim_test

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// listed is a folder or an item of an answer.
type listed struct {
	FolderID id     `xml:"FolderId"`
	ItemID   id     `xml:"ItemId"`
	Name     string `xml:"DisplayName"`
	Extended []struct {
		URI struct {
			Tag string `xml:"PropertyTag,attr"`
		} `xml:"ExtendedFieldURI"`
		Value string
	} `xml:"ExtendedProperty"`
}

// page is a RootFolder.
type page struct {
	Next    int  `xml:"IndexedPagingOffset,attr"`
	Total   int  `xml:"TotalItemsInView,attr"`
	Last    bool `xml:"IncludesLastItemInRange,attr"`
	Folders struct {
		Entries []listed `xml:",any"`
	}
	Items struct {
		Entries []listed `xml:",any"`
	}
}

func (p page) names() []string {
	var names []string
	for _, f := range p.Folders.Entries {
		names = append(names, f.Name)
	}
	return names
}

// find decodes the first RootFolder of an answer.
func (c *client) find(body string) page {
	c.t.Helper()
	a := c.do(c.request(as(anna), body))
	var p page
	d := xml.NewDecoder(strings.NewReader(a.body))
	for {
		tok, err := d.Token()
		if err != nil {
			c.t.Fatalf("no RootFolder: %s", a.body)
		}
		if start, ok := tok.(xml.StartElement); ok && start.Name.Local == "RootFolder" {
			if err := d.DecodeElement(&p, &start); err != nil {
				c.t.Fatal(err)
			}
			return p
		}
	}
}

const (
	commitTimeMax = `<t:ExtendedFieldURI PropertyTag="0x670a" PropertyType="SystemTime"/>`
	deletedCount  = `<t:ExtendedFieldURI PropertyTag="0x670B" PropertyType="Integer"/>`
	commitTime    = `<t:ExtendedFieldURI PropertyTag="0x6709" PropertyType="SystemTime"/>`
	findDeep      = `<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>%s</t:BaseShape><t:AdditionalProperties>` + commitTimeMax + deletedCount +
		`</t:AdditionalProperties></m:FolderShape>%s<m:ParentFolderIds><t:DistinguishedFolderId Id="msgfolderroot"/></m:ParentFolderIds></m:FindFolder>`
)

func TestFindFolderPages(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		s.CreateFolder(anna, "Projects", "Alpha")
		view := `<m:IndexedPageFolderView MaxEntriesReturned="5" Offset="%d" BasePoint="Beginning"/>`
		var names []string
		for offset, last := 0, false; !last; {
			p := c.find(fmt.Sprintf(findDeep, "Default", fmt.Sprintf(view, offset)))
			names = append(names, p.names()...)
			offset, last = p.Next, p.Last
			if p.Total != 12 {
				t.Fatalf("total %d, want 12", p.Total)
			}
		}
		want := []string{"Inbox", "Sent Items", "Drafts", "Deleted Items", "Junk Email", "Outbox", "Calendar", "Contacts", "Tasks", "Notes", "Projects", "Alpha"}
		if !slices.Equal(names, want) {
			t.Errorf("have %q, want %q", names, want)
		}
		shallow := strings.Replace(fmt.Sprintf(findDeep, "Default", ""), "Deep", "Shallow", 1)
		if have := c.find(shallow).names(); !slices.Equal(have, want[:11]) {
			t.Errorf("shallow: have %q, want %q", have, want[:11])
		}
		if have := c.do(c.request(as(anna), fmt.Sprintf(findDeep, "Default", fmt.Sprintf(view, -1)))).code; have != "ErrorInvalidPagingMaxRows" {
			t.Errorf("offset -1: have %s", have)
		}
	})
}

// properties returns the commit time maximum and deleted count of the inbox.
func (c *client) properties() (committed, deleted string) {
	c.t.Helper()
	inbox := c.find(fmt.Sprintf(findDeep, "Default", "")).Folders.Entries[0]
	if len(inbox.Extended) != 2 || inbox.Extended[0].URI.Tag != "0x670a" || inbox.Extended[1].URI.Tag != "0x670b" {
		c.t.Fatalf("extended properties: %+v", inbox.Extended)
	}
	return inbox.Extended[0].Value, inbox.Extended[1].Value
}

func TestChangesShowInFolderProperties(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		var last exchangesim.Item
		for _, step := range []struct {
			name    string
			do      func()
			changed bool
			deleted string
		}{
			{"deliver", func() { last = s.Deliver(anna) }, true, "0"},
			{"nothing", func() {}, false, "0"},
			{"read", func() { s.MarkRead(anna, last.ID) }, true, "0"},
			{"elsewhere", func() { s.Create(anna, "drafts") }, false, "0"},
			{"move out", func() { last = s.Move(anna, last.ID, "Projects") }, true, "1"},
			{"move in", func() { last = s.Move(anna, last.ID, "inbox") }, true, "1"},
			{"delete", func() { s.Delete(anna, last.ID) }, true, "2"},
		} {
			before, _ := c.properties()
			time.Sleep(time.Minute)
			step.do()
			after, deleted := c.properties()
			if (after != before) != step.changed || deleted != step.deleted {
				t.Errorf("%s: from %s to %s, %s deleted; want changed %v, %s deleted", step.name, before, after, deleted, step.changed, step.deleted)
			}
		}
	})
}

func TestGetFolderAnswersEachID(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		ids := `<t:DistinguishedFolderId Id="inbox"/><t:DistinguishedFolderId Id="nosuch"/><t:FolderId Id="junk"/><t:FolderId Id="` + s.Deliver(anna).FolderID + `"/>`
		a := c.do(c.request(as(anna), strings.Replace(getInbox, ofInbox, ids, 1)))
		if want := []string{"NoError", "ErrorFolderNotFound", "ErrorInvalidIdMalformed", "NoError"}; !slices.Equal(a.codes, want) {
			t.Errorf("have %q, want %q", a.codes, want)
		}
	})
}

const findSince = `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>` + commitTime + `</t:AdditionalProperties></m:ItemShape>` +
	`<m:IndexedPageItemView MaxEntriesReturned="%d" Offset="%d" BasePoint="Beginning"/><m:Restriction>%s</m:Restriction>` +
	`<m:SortOrder><t:FieldOrder Order="Ascending">` + commitTime + `</t:FieldOrder></m:SortOrder><m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>`

func compare(operator string, at time.Time) string {
	return `<t:` + operator + `>` + commitTime + `<t:FieldURIOrConstant><t:Constant Value="` + at.UTC().Format(time.RFC3339) + `"/></t:FieldURIOrConstant></t:` + operator + `>`
}

func TestFindItemSince(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		start := time.Now()
		var items []string
		for range 4 {
			items = append(items, s.Deliver(anna).ID)
			time.Sleep(time.Minute)
		}
		s.MarkRead(anna, items[0]) // committed last
		s.Create(anna, "drafts")
		for _, test := range []struct {
			name, restriction string
			want              []int
		}{
			{"all", compare("IsGreaterThanOrEqualTo", start), []int{1, 2, 3, 0}},
			{"since", compare("IsGreaterThanOrEqualTo", start.Add(2*time.Minute)), []int{2, 3, 0}},
			{"after", compare("IsGreaterThan", start.Add(2*time.Minute)), []int{3, 0}},
			{"between", "<t:And>" + compare("IsGreaterThan", start) + compare("IsLessThan", start.Add(4*time.Minute)) + "</t:And>", []int{1, 2, 3}},
		} {
			var have []string
			for offset, last := 0, false; !last; {
				p := c.find(fmt.Sprintf(findSince, 2, offset, test.restriction))
				for _, it := range p.Items.Entries {
					have = append(have, it.ItemID.ID)
				}
				offset, last = p.Next, p.Last
			}
			var want []string
			for _, i := range test.want {
				want = append(want, items[i])
			}
			if !slices.Equal(have, want) {
				t.Errorf("%s: have %d items %q, want %q", test.name, len(have), have, want)
			}
		}
		if have := c.do(c.request(as(anna), fmt.Sprintf(findSince, 2, 0, "<t:Or/>"))).code; have != "ErrorUnsupportedPathForQuery" {
			t.Errorf("Or: have %s", have)
		}
	})
}
