package exchangesim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// mailbox is a mailbox with its folders and items.
type mailbox struct {
	address       string // lower case
	guid          guid
	guidText      string
	server        *mailboxServer
	grouping      string
	folders       []*folder // by number, from 1
	items         map[uint64]*item
	nextItem      uint64
	hierarchy     uint64          // number of the last change to a folder
	subscriptions []*subscription // the living ones
}

// wellKnownFolders are the folders of a new mailbox, after the two that hold them.
var wellKnownFolders = []struct{ wellKnown, name, class string }{
	{"inbox", "Inbox", "IPF.Note"},
	{"sentitems", "Sent Items", "IPF.Note"},
	{"drafts", "Drafts", "IPF.Note"},
	{"deleteditems", "Deleted Items", "IPF.Note"},
	{"junkemail", "Junk Email", "IPF.Note"},
	{"outbox", "Outbox", "IPF.Note"},
	{"calendar", "Calendar", "IPF.Appointment"},
	{"contacts", "Contacts", "IPF.Contact"},
	{"tasks", "Tasks", "IPF.Task"},
	{"notes", "Notes", "IPF.StickyNote"},
}

// newMailbox makes the mailbox with the well-known folders, and Projects as the user's own.
func newMailbox(address string, now time.Time) *mailbox {
	g := newGUID("mailbox", address)
	mb := &mailbox{address: address, guid: g, guidText: g.String(), items: map[uint64]*item{}}
	root := mb.addFolder(nil, "root", "Root", "", now)
	top := mb.addFolder(root, "msgfolderroot", "Top of Information Store", "", now)
	for _, f := range wellKnownFolders {
		mb.addFolder(top, f.wellKnown, f.name, f.class, now)
	}
	mb.addFolder(top, "", "Projects", "IPF.Note", now)
	recoverable := mb.addFolder(root, "recoverableitemsroot", "Recoverable Items", "", now)
	mb.addFolder(recoverable, "recoverableitemsdeletions", "Deletions", "", now)
	return mb
}

func (mb *mailbox) addFolder(parent *folder, wellKnown, name, class string, now time.Time) *folder {
	f := &folder{mailbox: mb, number: uint64(len(mb.folders) + 1), parent: parent, name: name, wellKnown: wellKnown,
		class: class, committed: now, made: mb.nextHierarchy(), removals: history[removal]{limit: removalsKept}}
	if parent != nil {
		parent.children++
	}
	mb.folders = append(mb.folders, f)
	return f
}

// nextHierarchy numbers a change to a folder, see SyncFolderHierarchy.
func (mb *mailbox) nextHierarchy() uint64 {
	mb.hierarchy++
	return mb.hierarchy
}

// distinguished finds a folder by its well-known name.
func (mb *mailbox) distinguished(name string) *folder {
	for _, f := range mb.folders {
		if f.wellKnown != "" && strings.EqualFold(f.wellKnown, name) { // a well-known folder is never gone
			return f
		}
	}
	return nil
}

// folder finds a folder by its well-known name, its display name or its id.
func (mb *mailbox) folder(name string) (*folder, error) {
	if f := mb.distinguished(name); f != nil {
		return f, nil
	}
	for _, f := range mb.folders {
		if !f.gone && (strings.EqualFold(f.name, name) || f.plainID() == name) {
			return f, nil
		}
	}
	return nil, fmt.Errorf("exchangesim: no folder %q in %s", name, mb.address)
}

// item finds an item by its id; nil when it is gone, moved or another mailbox's.
func (mb *mailbox) item(id string) *item {
	ref, ok := parseObjectID(id)
	if !ok || ref.mailbox != mb.guidText {
		return nil
	}
	if it := mb.items[ref.item]; it != nil && it.folder.number == ref.folder {
		return it
	}
	return nil
}

// oldest returns the item made first; there must be one.
func (mb *mailbox) oldest() *item { return mb.items[slices.Min(slices.Collect(maps.Keys(mb.items)))] }
