package ewssoap

import (
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// scripted answers request after request, and notes the bodies.
type scripted struct {
	answers []string
	bodies  []string
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.bodies = append(s.bodies, string(body))
	answer := s.answers[min(len(s.bodies), len(s.answers))-1]
	return answering(200, nil, func() io.Reader { return strings.NewReader(answer) })(r)
}

// walk reads pages to the end and returns how many came, and the error. A walk that does not end fails the test.
func walk[P any](t *testing.T, pages iter.Seq2[P, error]) (n int, end error) {
	t.Helper()
	for _, err := range pages {
		if err != nil {
			return n, err
		}
		if n++; n > 10 {
			t.Fatal("the pages do not end")
		}
	}
	return n, nil
}

func synced(operation, state string, last bool, changes string) string {
	return replying(operation, fmt.Sprintf(`ResponseClass="Success"><ResponseCode>NoError</ResponseCode><SyncState>%s</SyncState>`+
		`<IncludesLastItemInRange>%[2]v</IncludesLastItemInRange><IncludesLastFolderInRange>%[2]v</IncludesLastFolderInRange><Changes>%s</Changes>`, state, last, changes))
}

func found(operation, list string, next int, last bool) string {
	return replying(operation, fmt.Sprintf(`ResponseClass="Success"><ResponseCode>NoError</ResponseCode>`+
		`<RootFolder IndexedPagingOffset="%d" IncludesLastItemInRange="%v"><%[3]s/></RootFolder>`, next, last, list))
}

// TestSyncPages: each page asks from the state of the one before, and the walk ends, also where the server stands still.
func TestSyncPages(t *testing.T) {
	tests := []struct {
		name   string
		answer func(operation, deleted string) []string
		pages  int
		code   string
		states []string // sent
	}{
		{"to the last", func(op, deleted string) []string {
			return []string{synced(op, "s1", false, deleted), synced(op, "s2", false, ""), synced(op, "s3", true, deleted)}
		}, 3, "", []string{"", "s1", "s2"}},
		{"standing still", func(op, deleted string) []string {
			return []string{synced(op, "s1", false, deleted), synced(op, "s1", false, "")}
		}, 1, ConditionMalformed, []string{"", "s1"}},
		{"the same state with changes", func(op, deleted string) []string {
			return []string{synced(op, "s1", false, deleted), synced(op, "s1", false, deleted), synced(op, "s2", true, "")}
		}, 3, "", []string{"", "s1", "s1"}},
		{"no state", func(op, deleted string) []string { return []string{synced(op, " ", true, deleted)} }, 0, ConditionMalformed, []string{""}},
		{"a change of nothing", func(op, _ string) []string { return []string{synced(op, "s1", true, "<Delete/>")} }, 0, ConditionMalformed, []string{""}},
		{"a creation of nothing", func(op, _ string) []string {
			return []string{synced(op, "s1", true, "<Create><Message/><Folder/></Create>")}
		}, 0, ConditionMalformed, []string{""}},
		{"a creation of two", func(op, _ string) []string {
			return []string{synced(op, "s1", true, "<Create>"+strings.Repeat(`<Any><ItemId Id="A"/><FolderId Id="A"/></Any>`, 2)+"</Create>")}
		}, 0, ConditionMalformed, []string{""}},
		{"an error", func(op, deleted string) []string {
			return []string{synced(op, "s1", false, deleted), replying(op, `ResponseClass="Error"><ResponseCode>ErrorInvalidSyncStateData</ResponseCode>`)}
		}, 1, "ErrorInvalidSyncStateData", []string{"", "s1"}},
	}
	for _, test := range tests {
		check := func(t *testing.T, s *scripted, pages int, err error) {
			t.Helper()
			var states []string
			for _, body := range s.bodies {
				_, rest, _ := strings.Cut(body, "<m:SyncState>")
				state, _, _ := strings.Cut(rest, "</m:SyncState>")
				states = append(states, state)
			}
			if pages != test.pages || code(err) != test.code || !slices.Equal(states, test.states) {
				t.Errorf("have %d pages, %v, by %q", pages, err, states)
			}
		}
		t.Run(test.name, func(t *testing.T) {
			s := &scripted{answers: test.answer("SyncFolderItems", `<Delete><ItemId Id="A"/></Delete>`)}
			pages, err := walk(t, NewClient(Options{Calls: s}).SyncFolderItemsPages(t.Context(), Call{URL: someURL}, SyncFolderItemsRequest{Folder: inbox, MaxChanges: 1}))
			check(t, s, pages, err)
			s = &scripted{answers: test.answer("SyncFolderHierarchy", `<Delete><FolderId Id="A"/></Delete>`)}
			pages, err = walk(t, NewClient(Options{Calls: s}).SyncFolderHierarchyPages(t.Context(), Call{URL: someURL}, SyncFolderHierarchyRequest{}))
			check(t, s, pages, err)
		})
	}
}

// TestFindPages: each page begins where the one before says, and the walk ends, also where the server stands still.
func TestFindPages(t *testing.T) {
	tests := []struct {
		name  string
		next  []int // the last page is the last
		last  bool
		pages int
		code  string
		from  []string // offsets sent
	}{
		{"to the last", []int{7, 9, 9}, true, 3, "", []string{"5", "7", "9"}},
		{"standing still", []int{7, 7}, false, 1, ConditionMalformed, []string{"5", "7"}},
		{"going back", []int{0}, false, 0, ConditionMalformed, []string{"5"}},
	}
	for _, test := range tests {
		check := func(t *testing.T, s *scripted, pages int, err error) {
			t.Helper()
			var from []string
			for _, body := range s.bodies {
				_, rest, _ := strings.Cut(body, ` Offset="`)
				offset, _, _ := strings.Cut(rest, `"`)
				from = append(from, offset)
			}
			if pages != test.pages || code(err) != test.code || !slices.Equal(from, test.from) {
				t.Errorf("have %d pages, %v, from %q", pages, err, from)
			}
		}
		t.Run(test.name, func(t *testing.T) {
			answers := func(operation, list string) *scripted {
				var all []string
				for i, next := range test.next {
					all = append(all, found(operation, list, next, test.last && i == len(test.next)-1))
				}
				return &scripted{answers: all}
			}
			s := answers("FindItem", "Items")
			pages, err := walk(t, NewClient(Options{Calls: s}).FindItemPages(t.Context(), Call{URL: someURL}, FindItemRequest{Parent: inbox, Offset: 5, MaxEntries: 2}))
			check(t, s, pages, err)
			s = answers("FindFolder", "Folders")
			pages, err = walk(t, NewClient(Options{Calls: s}).FindFolderPages(t.Context(), Call{URL: someURL}, FindFolderRequest{Parent: inbox, Offset: 5, MaxEntries: 2}))
			check(t, s, pages, err)
		})
	}
}

// TestPagesStop: no request is sent for a page that nobody wants.
func TestPagesStop(t *testing.T) {
	s := &scripted{answers: []string{synced("SyncFolderItems", "s1", false, "")}}
	for range NewClient(Options{Calls: s}).SyncFolderItemsPages(t.Context(), Call{URL: someURL}, SyncFolderItemsRequest{Folder: inbox, MaxChanges: 1}) {
		break
	}
	if len(s.bodies) != 1 {
		t.Errorf("%d requests", len(s.bodies))
	}
}
