package exchangesim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const getItems = `<m:GetItem><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:ItemIds>%s</m:ItemIds></m:GetItem>`

func TestGetItemAnswersEachID(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		kept, moved, gone := s.Deliver(anna), s.Deliver(anna), s.Deliver(anna)
		now := s.Move(anna, moved.ID, "Projects")
		s.Delete(anna, gone.ID)
		var ids strings.Builder
		for _, id := range []string{kept.ID, moved.ID, now.ID, gone.ID, kept.FolderID, "junk"} {
			fmt.Fprintf(&ids, `<t:ItemId Id="%s"/>`, id)
		}
		a := c.do(c.request(as(anna), fmt.Sprintf(getItems, ids.String())))
		want := []string{"NoError", "ErrorItemNotFound", "NoError", "ErrorItemNotFound", "ErrorItemNotFound", "ErrorInvalidIdMalformed"}
		if !slices.Equal(a.codes, want) {
			t.Errorf("have %q, want %q", a.codes, want)
		}
		if first, second := strings.Index(a.body, kept.ID), strings.Index(a.body, now.ID); first < 0 || second < first {
			t.Errorf("the items are not in order: %s", a.body)
		}
		if have := c.do(c.request(as(anna), fmt.Sprintf(getItems, ""))).code; have != "ErrorSchemaValidation" {
			t.Errorf("no ids: have %s", have)
		}
		if r := s.Truth().Requests[0]; !slices.Equal(r.Mailboxes, []string{anna}) {
			t.Errorf("the request is about %v", r.Mailboxes)
		}
	})
}

func TestItemsAreTheirOwners(t *testing.T) {
	bubble(t, exchangesim.Config{Accounts: map[string]string{"svc": "x"}}, func(t *testing.T, s *exchangesim.Server, c *client) {
		get := fmt.Sprintf(getItems, `<t:ItemId Id="`+s.Deliver(bert).ID+`"/>`)
		for who, want := range map[string]string{anna: "ErrorItemNotFound", bert: "NoError"} {
			o := as(who)
			o.user = "svc:x"
			if have := c.do(c.request(o, get)).code; have != want {
				t.Errorf("as %s: have %s, want %s", who, have, want)
			}
		}
	})
}
