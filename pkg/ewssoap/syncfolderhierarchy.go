package ewssoap

import (
	"context"
	"encoding/xml"
	"fmt"
	"iter"
	"strings"
)

// SyncFolderHierarchyRequest asks for what changed among the folders below Root since a state.
type SyncFolderHierarchyRequest struct {
	Root       FolderID   // the zero value: all folders of the mailbox that is impersonated, or the caller's
	State      string     // SyncFolderHierarchyPage.State of the page before; empty: from the beginning, every folder is a Create
	Fields     []Field    // wanted besides the id
	Properties []Property // wanted besides the id
}

// FolderChange is the net change of a folder since a state.
type FolderChange struct {
	Kind   ChangeKind // Create, Update or Delete
	Folder Folder     // of Delete only the ID
}

// SyncFolderHierarchyPage holds changes of folders. Changes of the counts of a folder are none.
type SyncFolderHierarchyPage struct {
	Changes []FolderChange
	State   string // opaque; belongs to this mailbox and root alone
	Last    bool   // there is no more for now
	Meta    Meta
}

type syncFolderHierarchyMessage struct {
	status
	State   string `xml:"SyncState"`
	Last    string `xml:"IncludesLastFolderInRange"`
	Changes struct {
		All []wireFolderChange `xml:",any"`
	} `xml:"Changes"`
}

type wireFolderChange struct {
	XMLName xml.Name
	ID      wireID       `xml:"FolderId"`
	Folders []wireFolder `xml:",any"`
}

// SyncFolderHierarchy returns a page of the changes among folders (MS-OXWSSYNC, SyncFolderHierarchy).
func (c *Client) SyncFolderHierarchy(ctx context.Context, call Call, r SyncFolderHierarchyRequest) (*SyncFolderHierarchyPage, error) {
	const op = "SyncFolderHierarchy"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	messages, t, err := ask[syncFolderHierarchyMessage](ctx, c, op, call, r.write)
	if err != nil {
		return nil, err
	}
	m := messages[0]
	if e := m.failure(t); e != nil {
		return nil, e
	}
	page := &SyncFolderHierarchyPage{State: strings.TrimSpace(m.State), Last: isTrue(m.Last), Meta: t.meta}
	if page.Changes, err = changesOf(m.Changes.All, (*wireFolderChange).change); err == nil {
		err = checkProgress(r.State, page.State, page.Last, len(m.Changes.All))
	}
	if err != nil {
		return nil, t.fail(ConditionMalformed, err.Error())
	}
	return page, nil
}

// SyncFolderHierarchyPages yields the pages from r.State on, one request for each, until the last one or an error.
func (c *Client) SyncFolderHierarchyPages(ctx context.Context, call Call, r SyncFolderHierarchyRequest) iter.Seq2[*SyncFolderHierarchyPage, error] {
	return pages(func() (*SyncFolderHierarchyPage, bool, error) {
		page, err := c.SyncFolderHierarchy(ctx, call, r)
		if err != nil {
			return nil, true, err
		}
		r.State = page.State
		return page, page.Last, nil
	})
}

// change returns the change; false if its kind is not known yet.
func (w *wireFolderChange) change() (FolderChange, bool, error) {
	out := FolderChange{Kind: ChangeKind(w.XMLName.Local)}
	switch out.Kind {
	case ChangeCreate, ChangeUpdate:
		if len(w.Folders) == 1 {
			out.Folder = w.Folders[0].folder()
		}
	case ChangeDelete:
		out.Folder = Folder{ID: ID(w.ID)}
	default:
		return out, false, nil
	}
	if out.Folder.ID.ID == "" {
		return out, true, fmt.Errorf("a %s without a folder", out.Kind)
	}
	return out, true, nil
}

func (r SyncFolderHierarchyRequest) shape() Shape {
	return Shape{Fields: r.Fields, Properties: r.Properties}
}

func (r SyncFolderHierarchyRequest) check() error {
	if err := r.shape().check(); err != nil {
		return err
	}
	if r.Root == (FolderID{}) {
		return nil
	}
	return r.Root.check()
}

func (r SyncFolderHierarchyRequest) write(w *xmlWriter) {
	w.open("m:SyncFolderHierarchy")
	w.shape("m:FolderShape", r.shape())
	if r.Root != (FolderID{}) {
		w.folders("m:SyncFolderId", []FolderID{r.Root})
	}
	if r.State != "" {
		w.text("m:SyncState", r.State)
	}
	w.close("m:SyncFolderHierarchy")
}
