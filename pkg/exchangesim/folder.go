package exchangesim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// folder is a folder of a mailbox.
type folder struct {
	mailbox   *mailbox
	number    uint64
	parent    *folder // nil: the root
	name      string
	wellKnown string // DistinguishedFolderId, empty for a folder of the user's
	class     string // IPF.Note, …
	total     int
	unread    int
	children  int
	deleted   int    // PR_DELETED_COUNT_TOTAL
	position  uint64 // number of the last change to an item
	removals  history[removal]
	committed time.Time    // PR_LOCAL_COMMIT_TIME_MAX
	made      uint64       // the mailbox's position when it came,
	changed   uint64       // was renamed or moved,
	left      uint64       // and was deleted
	moves     []folderMove // oldest first
	id        string       // plain; made when first asked for
	packedID  string
	gone      bool // deleted
}

// descendsFrom tells whether the folder lies below another one.
func (f *folder) descendsFrom(other *folder) bool {
	for p := f.parent; p != nil; p = p.parent {
		if p == other {
			return true
		}
	}
	return false
}

// subfolders are those right below the folder.
func (f *folder) subfolders() []*folder {
	var found []*folder
	for _, sub := range f.mailbox.folders {
		if sub.parent == f && !sub.gone {
			found = append(found, sub)
		}
	}
	return found
}

// items are those in the folder, hidden ones too, by age.
func (f *folder) items() []*item {
	var found []*item
	for _, it := range f.mailbox.items {
		if it.folder == f {
			found = append(found, it)
		}
	}
	slices.SortFunc(found, func(a, b *item) int { return cmp.Compare(a.number, b.number) })
	return found
}

// mayHold says why a folder of that name cannot be below this one, or nothing. Names are unique among the others there.
func (f *folder) mayHold(name string, besides *folder) string {
	if name == "" {
		return "ErrorFolderSave"
	}
	for _, sub := range f.subfolders() {
		if sub != besides && strings.EqualFold(sub.name, name) {
			return "ErrorFolderExists"
		}
	}
	return ""
}

func (f *folder) isCalendar() bool { return f.class == "IPF.Appointment" }

func (f *folder) ref() objectRef { return objectRef{mailbox: f.mailbox.guidText, folder: f.number} }

func (f *folder) plainID() string {
	if f.id == "" {
		f.id = f.ref().plain()
	}
	return f.id
}

// eventID is the id as events write it.
func (f *folder) eventID(packed bool) string {
	if !packed {
		return f.plainID()
	}
	if f.packedID == "" {
		f.packedID = f.ref().packed()
	}
	return f.packedID
}

// ChangeKeys begin with a type code. In events they are that code alone, as public captures show.
const (
	mailKey        = "CQAAAA=="
	appointmentKey = "DwAAAA=="
	folderKey      = "AQAAAA=="
	calendarKey    = "AgAAAA=="
)

func (f *folder) changeKey() string {
	if f.isCalendar() {
		return calendarKey
	}
	return folderKey
}
