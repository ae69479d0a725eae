package exchangesim

import (
	"encoding/base64"
	"encoding/binary"
	"time"
)

// item is a message or an appointment.
type item struct {
	number    uint64
	folder    *folder
	id        string
	class     string
	read      bool
	draft     bool
	hidden    bool     // associated with its folder and no part of its content
	response  string   // of a meeting: what was answered, as ResponseTypeType has it; empty is accepted
	meeting   uint64   // of a meeting request: number of the meeting in the calendar
	seed      uint64   // of generated content: the number of the item that this one descends from
	content   *content // nil: generated when somebody looks
	created   time.Time
	received  time.Time
	committed time.Time // PR_LOCAL_COMMIT_TIME
	arrived   uint64    // the folder's position when it came,
	edited    uint64    // was changed,
	flagged   uint64    // and only marked read
}

// put makes an item in a folder.
func (mb *mailbox) put(f *folder, read bool, now time.Time) *item {
	mb.nextItem++
	it := &item{number: mb.nextItem, folder: f, class: classOf(f), read: read, seed: mb.nextItem, created: now, received: now}
	it.id = objectRef{mailbox: mb.guidText, folder: f.number, item: it.number}.plain()
	mb.items[it.number] = it
	it.count(1)
	it.arrived = it.touch(now)
	return it
}

// count adds the item to what its folder holds, or takes it away.
func (it *item) count(n int) {
	if it.hidden {
		return
	}
	it.folder.total += n
	if !it.read {
		it.folder.unread += n
	}
}

// hide makes the item one that is associated with its folder.
func (it *item) hide() {
	it.count(-1)
	it.hidden = true
}

// putLike makes an item that says what another one says.
func (mb *mailbox) putLike(it *item, f *folder, now time.Time) *item {
	dup := mb.put(f, it.read, now)
	if it.hidden {
		dup.hide()
	}
	dup.class, dup.draft, dup.response, dup.seed, dup.received, dup.content = it.class, it.draft, it.response, it.seed, it.received, it.content
	if mb == it.folder.mailbox {
		dup.meeting = it.meeting
	} else {
		dup.content = it.says() // the other mailbox would generate another content
	}
	return dup
}

// says is the content of the item.
func (it *item) says() *content {
	if it.content != nil {
		return it.content
	}
	return generatedContent(it.folder.mailbox.address, it.class, it.seed, it.received) // not kept: mailboxes may be many
}

// take removes an item from its folder.
func (mb *mailbox) take(it *item, now time.Time) {
	delete(mb.items, it.number)
	it.count(-1)
	it.folder.deleted++
	it.folder.removals.add(removal{position: it.touch(now), created: it.arrived, item: it})
}

// setRead changes whether the item is read, which SyncFolderItems tells apart from other changes.
func (it *item) setRead(read bool, now time.Time) {
	if it.read == read {
		return
	}
	it.count(-1)
	it.read, it.flagged = read, it.touch(now)
	it.count(1)
}

// touch notes a change and returns its position in the folder.
func (it *item) touch(now time.Time) uint64 {
	it.committed, it.folder.committed = now, now
	it.folder.position++
	return it.folder.position
}

// eventKey is the change key of the item in events.
func (it *item) eventKey() string {
	if elementOf(it.class) == "t:CalendarItem" {
		return appointmentKey
	}
	return mailKey
}

// changeKey tells the versions of the item apart: the type code, and the number of the last change as a change number of
// the store (MS-OXCFXICS).
func (it *item) changeKey() string {
	kind, _ := base64.StdEncoding.DecodeString(it.eventKey()) // one of the constants
	b := binary.LittleEndian.AppendUint32(kind, changeNumberSize)
	replica := newGUID("replica", it.folder.mailbox.guidText)
	b = append(b, replica[:]...)
	var position [8]byte
	binary.BigEndian.PutUint64(position[:], max(it.arrived, it.edited, it.flagged))
	return base64.StdEncoding.EncodeToString(append(b, position[2:]...))
}

const changeNumberSize = 22 // a GUID and six bytes
