package ewssoap

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// SyncScope says which items of a folder are synchronised.
type SyncScope string

// The scopes of MS-OXWSSYNC, SyncFolderItemsScopeType.
const (
	NormalItems              SyncScope = "NormalItems"
	NormalAndAssociatedItems SyncScope = "NormalAndAssociatedItems" // also hidden ones: views, rules
)

// maxSyncChanges is the schema's limit of MaxChangesReturned (MS-OXWSSYNC, MaxSyncChangesReturnedType).
const maxSyncChanges = 512

// SyncFolderItemsRequest asks for what changed in a folder since a state.
type SyncFolderItemsRequest struct {
	Folder     FolderID
	Shape      Shape     // of items created and updated
	State      string    // SyncFolderItemsPage.State of the page before; empty: from the beginning, every item is a Create
	MaxChanges int       // 1 to 512
	Scope      SyncScope // empty: NormalItems, by the server's choice
	Ignore     []string  // item ids that are left out
}

// ChangeKind is the element that tells of a change.
type ChangeKind string

// The changes of items (MS-OXWSSYNC, SyncFolderItemsChangesType); of folders the first three.
const (
	ChangeCreate   ChangeKind = "Create"
	ChangeUpdate   ChangeKind = "Update"
	ChangeDelete   ChangeKind = "Delete"
	ChangeReadFlag ChangeKind = "ReadFlagChange"
)

// ItemChange is the net change of an item since a state. What was moved away is a Delete, what was moved in a Create, with
// another id.
type ItemChange struct {
	Kind ChangeKind
	Item Item // of Delete only the ID, of ReadFlagChange the ID and IsRead
}

// SyncFolderItemsPage holds changes in no order that means something.
type SyncFolderItemsPage struct {
	Changes []ItemChange
	State   string // opaque; belongs to this mailbox and folder alone. Keep it after the changes were dealt with
	Last    bool   // there is no more for now
	Meta    Meta
}

type syncFolderItemsMessage struct {
	status
	State   string `xml:"SyncState"`
	Last    string `xml:"IncludesLastItemInRange"`
	Changes struct {
		All []wireItemChange `xml:",any"`
	} `xml:"Changes"`
}

type wireItemChange struct {
	XMLName xml.Name
	ID      wireID     `xml:"ItemId"`
	IsRead  string     `xml:"IsRead"`
	Items   []wireItem `xml:",any"`
}

// SyncFolderItems returns a page of the changes in a folder (MS-OXWSSYNC, SyncFolderItems). A state that the server cannot
// use is the code ErrorInvalidSyncStateData: begin without one. Other servers begin anew by themselves, or take the state
// of another folder for theirs, so keep states apart.
func (c *Client) SyncFolderItems(ctx context.Context, call Call, r SyncFolderItemsRequest) (*SyncFolderItemsPage, error) {
	const op = "SyncFolderItems"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	messages, t, err := ask[syncFolderItemsMessage](ctx, c, op, call, r.write)
	if err != nil {
		return nil, err
	}
	m := messages[0]
	if e := m.failure(t); e != nil {
		return nil, e
	}
	page := &SyncFolderItemsPage{State: strings.TrimSpace(m.State), Last: isTrue(m.Last), Meta: t.meta}
	if page.Changes, err = changesOf(m.Changes.All, (*wireItemChange).change); err == nil {
		err = checkProgress(r.State, page.State, page.Last, len(m.Changes.All))
	}
	if err != nil {
		return nil, t.fail(ConditionMalformed, err.Error())
	}
	return page, nil
}

// SyncFolderItemsPages yields the pages from r.State on, one request for each, until the last one or an error.
func (c *Client) SyncFolderItemsPages(ctx context.Context, call Call, r SyncFolderItemsRequest) iter.Seq2[*SyncFolderItemsPage, error] {
	return pages(func() (*SyncFolderItemsPage, bool, error) {
		page, err := c.SyncFolderItems(ctx, call, r)
		if err != nil {
			return nil, true, err
		}
		r.State = page.State
		return page, page.Last, nil
	})
}

// change returns the change; false if its kind is not known yet.
func (w *wireItemChange) change() (ItemChange, bool, error) {
	out := ItemChange{Kind: ChangeKind(w.XMLName.Local)}
	switch out.Kind {
	case ChangeCreate, ChangeUpdate:
		if items := (wireItems{w.Items}).items(); len(items) == 1 {
			out.Item = items[0]
		}
	case ChangeDelete, ChangeReadFlag:
		out.Item = Item{ID: ID(w.ID), IsRead: boolOf(w.IsRead)}
	default:
		return out, false, nil
	}
	if out.Item.ID.ID == "" {
		return out, true, fmt.Errorf("a %s without an item", out.Kind)
	}
	return out, true, nil
}

// changesOf reads the changes of a page with change, and leaves those out whose kind is not known yet.
func changesOf[W, C any](all []W, change func(*W) (c C, known bool, err error)) ([]C, error) {
	var changes []C
	for i := range all {
		c, known, err := change(&all[i])
		if err != nil {
			return nil, err
		}
		if known {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// checkProgress refuses pages that would go on for ever: servers were seen to answer the same state, no changes and the
// promise of more (gromox, for a MaxChangesReturned of 0).
func checkProgress(before, after string, last bool, changes int) error {
	switch {
	case after == "":
		return errors.New("success without a SyncState")
	case !last && changes == 0 && after == before:
		return errors.New("more changes are promised, but neither changes nor a new SyncState came")
	}
	return nil
}

func (r SyncFolderItemsRequest) check() error {
	if r.MaxChanges < 1 || r.MaxChanges > maxSyncChanges {
		return fmt.Errorf("MaxChanges must be 1 to %d, is %d", maxSyncChanges, r.MaxChanges)
	}
	switch r.Scope {
	case "", NormalItems, NormalAndAssociatedItems:
	default:
		return fmt.Errorf("a scope %q: there is none", r.Scope)
	}
	if err := r.Shape.check(); err != nil {
		return err
	}
	if err := checkItems(r.Ignore); err != nil {
		return err
	}
	return r.Folder.check()
}

func (r SyncFolderItemsRequest) write(w *xmlWriter) {
	w.open("m:SyncFolderItems")
	w.shape("m:ItemShape", r.Shape)
	w.folders("m:SyncFolderId", []FolderID{r.Folder})
	if r.State != "" {
		w.text("m:SyncState", r.State)
	}
	if len(r.Ignore) > 0 {
		w.items("m:Ignore", r.Ignore)
	}
	w.text("m:MaxChangesReturned", strconv.Itoa(r.MaxChanges))
	if r.Scope != "" {
		w.text("m:SyncScope", string(r.Scope))
	}
	w.close("m:SyncFolderItems")
}
