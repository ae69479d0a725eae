package ewssoap

import (
	"context"
	"io"
	"strings"
	"testing"
)

// operations is every ordinary operation of Exchange Web Services with a request that is in order.
var operations = map[string]func(context.Context, *Client, Call) error{
	"Subscribe": func(ctx context.Context, c *Client, call Call) error {
		_, err := c.Subscribe(ctx, call, oneSubscribe)
		return err
	},
	"Unsubscribe": func(ctx context.Context, c *Client, call Call) error { return c.Unsubscribe(ctx, call, firstID) },
	"GetFolder": func(ctx context.Context, c *Client, call Call) error {
		_, err := c.GetFolder(ctx, call, GetFolderRequest{Folders: []FolderID{inbox}})
		return err
	},
	"FindFolder": func(ctx context.Context, c *Client, call Call) error {
		_, err := c.FindFolder(ctx, call, FindFolderRequest{Parent: inbox, MaxEntries: 1})
		return err
	},
	"FindItem": func(ctx context.Context, c *Client, call Call) error {
		_, err := c.FindItem(ctx, call, FindItemRequest{Parent: inbox, MaxEntries: 1})
		return err
	},
	"GetItem": func(ctx context.Context, c *Client, call Call) error {
		_, err := c.GetItem(ctx, call, GetItemRequest{IDs: []string{"A"}})
		return err
	},
	"SyncFolderItems": func(ctx context.Context, c *Client, call Call) error {
		_, err := c.SyncFolderItems(ctx, call, SyncFolderItemsRequest{Folder: inbox, MaxChanges: 1})
		return err
	},
	"SyncFolderHierarchy": func(ctx context.Context, c *Client, call Call) error {
		_, err := c.SyncFolderHierarchy(ctx, call, SyncFolderHierarchyRequest{})
		return err
	},
}

// TestOperationsTakeTheirOwnAnswer: the answer to another operation is none, whatever it says.
func TestOperationsTakeTheirOwnAnswer(t *testing.T) {
	for answered := range operations {
		for op, do := range operations {
			body := replying(answered, `ResponseClass="Error"><ResponseCode>ErrorAccessDenied</ResponseCode>`)
			err := do(t.Context(), NewClient(Options{Calls: answering(200, nil, func() io.Reader { return strings.NewReader(body) })}), Call{URL: someURL})
			want := ConditionNotSOAP
			if op == answered {
				want = "ErrorAccessDenied"
			}
			if op == "GetFolder" && answered == op || op == "GetItem" && answered == op {
				want = "" // it stands in the result
			}
			if code(err) != want {
				t.Errorf("%s answered by %s: have %v, want %q", op, answered, err, want)
			}
		}
	}
}

// TestOneForEach: answers with too few or too many response messages.
func TestOneForEach(t *testing.T) {
	twice := func(op string) string {
		return strings.Replace(replying(op, `ResponseClass="Success"><ResponseCode>NoError</ResponseCode>`), "</ResponseMessages>", "<Other/></ResponseMessages>", 1)
	}
	for op, do := range map[string]func(*Client, ...string) error{
		"GetItem": func(c *Client, ids ...string) error {
			_, err := c.GetItem(t.Context(), Call{URL: someURL}, GetItemRequest{IDs: ids})
			return err
		},
		"GetFolder": func(c *Client, ids ...string) error {
			r := GetFolderRequest{}
			for _, id := range ids {
				r.Folders = append(r.Folders, FolderID{ID: id})
			}
			_, err := c.GetFolder(t.Context(), Call{URL: someURL}, r)
			return err
		},
	} {
		answers := func(body string) *Client {
			return NewClient(Options{Calls: answering(200, nil, func() io.Reader { return strings.NewReader(body) })})
		}
		if err := do(answers(replying(op, `ResponseClass="Error"><ResponseCode>ErrorServerBusy</ResponseCode>`)), "A", "B"); code(err) != "ErrorServerBusy" {
			t.Errorf("%s: one error for two ids: have %v", op, err)
		}
		if err := do(answers(replying(op, `ResponseClass="Success"><ResponseCode>NoError</ResponseCode>`)), "A", "B"); code(err) != ConditionMalformed {
			t.Errorf("%s: one success for two ids: have %v", op, err)
		}
		if err := do(answers(twice(op)), "A"); code(err) != ConditionMalformed {
			t.Errorf("%s: two messages for one id: have %v", op, err)
		}
	}
}
