package exchangesim

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
)

// A folder numbers what happens to its items. SyncFolderItems tells the net changes since a number: an item created
// after it is a Create, whatever followed, and one created and deleted after it is nothing.

// removal is an item that left a folder.
type removal struct {
	position, created uint64
	item              *item
}

// removalsKept is the number of removals a folder remembers; a SyncState older than them is answered
// ErrorInvalidSyncStateData.
const removalsKept = 4096

// syncChange is one change of an answer.
type syncChange struct {
	position uint64
	element  string // Create, Update, Delete or ReadFlagChange
	item     *item
}

// changesSince returns the net changes in the order in which they happened.
func (f *folder) changesSince(position uint64) []syncChange {
	var changes []syncChange
	for _, it := range f.mailbox.items {
		switch {
		case it.folder != f || it.hidden:
		case it.arrived > position:
			changes = append(changes, syncChange{it.arrived, "Create", it})
		case it.edited > position:
			changes = append(changes, syncChange{it.edited, "Update", it})
		case it.flagged > position:
			changes = append(changes, syncChange{it.flagged, "ReadFlagChange", it})
		}
	}
	for _, r := range f.removals.latest() {
		if r.position > position && r.created <= position && !r.item.hidden {
			changes = append(changes, syncChange{r.position, "Delete", r.item})
		}
	}
	slices.SortFunc(changes, func(a, b syncChange) int { return cmp.Compare(a.position, b.position) })
	return changes
}

// forgets tells whether removals after a position may be missing.
func (f *folder) forgets(position uint64) bool {
	kept := f.removals.latest()
	return position > 0 && len(kept) == removalsKept && kept[0].position > position+1
}

// syncState writes a position so that only this folder takes it back.
func (f *folder) syncState(position uint64) string { return syncStateOf(f.mailbox, f.number, position) }

func syncStateOf(mb *mailbox, number, position uint64) string {
	b := binary.BigEndian.AppendUint64(mb.guid[:], number)
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, position))
}

// readSyncState reads a position; an empty state is the beginning.
func (f *folder) readSyncState(s string) (uint64, bool) {
	position, ok := readPosition(s, f.syncState)
	return position, ok && position <= f.position && !f.forgets(position)
}

// readPosition reads the position of a state that write writes; an empty one is the beginning.
func readPosition(s string, write func(position uint64) string) (uint64, bool) {
	if s == "" {
		return 0, true
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != 32 {
		return 0, false
	}
	position := binary.BigEndian.Uint64(b[24:])
	return position, write(position) == s
}

// syncFolderItems answers SyncFolderItems.
func (c *call) syncFolderItems() ([]message, *soapFault) {
	most, err := strconv.Atoi(c.op.child(nsMessages, "MaxChangesReturned").value())
	if err != nil || most < 1 || most > 512 {
		return nil, schemaFault("MaxChangesReturned is not a number from 1 to 512")
	}
	sh, state := readShape(c.op.child(nsMessages, "ItemShape")), c.op.child(nsMessages, "SyncState").value()
	return c.perSyncFolder(func(f *folder) message {
		position, ok := f.readSyncState(state)
		if !ok {
			return failure("ErrorInvalidSyncStateData")
		}
		changes := f.changesSince(position)
		last := len(changes) <= most
		changes = changes[:min(most, len(changes))]
		if last {
			position = f.position
		} else {
			position = changes[most-1].position
		}
		x := &xmlBuffer{}
		x.element("m:SyncState", f.syncState(position)).element("m:IncludesLastItemInRange", strconv.FormatBool(last)).raw("<m:Changes>")
		for _, ch := range changes {
			ch.render(x, sh)
		}
		return success(string(x.raw("</m:Changes>").b))
	})
}

// perSyncFolder answers for the folder that is synchronized, whose absence has a code of its own.
func (c *call) perSyncFolder(answer func(*folder) message) ([]message, *soapFault) {
	messages, f := c.perFolder(answer)
	for i, m := range messages {
		if m.code == "ErrorFolderNotFound" {
			messages[i] = failure("ErrorSyncFolderNotFound")
		}
	}
	return messages, f
}

func (ch syncChange) render(x *xmlBuffer, sh shape) {
	x.raw("<t:", ch.element, ">")
	switch ch.element {
	case "Create", "Update":
		ch.item.render(x, sh, true)
	default:
		x.id("t:ItemId", ch.item.id, ch.item.changeKey())
	}
	if ch.element == "ReadFlagChange" {
		x.element("t:IsRead", strconv.FormatBool(ch.item.read))
	}
	x.raw("</t:", ch.element, ">")
}
