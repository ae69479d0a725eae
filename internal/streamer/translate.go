package streamer

import (
	"encoding/base64"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// folderNames finds a folder's well-known name by its id. There are as many of them
// as mailboxes: of each id, which is long, a part of its hash is kept, at the name's
// place among the well-known ones. Zero: no folder of its own has the name.
type folderNames [wellKnownFolders]folderHash

// folderHash makes it less likely than one in a billion that of ten million folders one
// is taken for another.
type folderHash [6]byte

const wellKnownFolders = 10

// wellKnown are the folders by their places.
var wellKnown = [wellKnownFolders]messages.FolderName(messages.WellKnownFolders())

// namesOf turns the fact round. An id that the server gave for two names has none.
func namesOf(fact messages.MailboxFolders) folderNames {
	var names, known folderNames
	for i, name := range wellKnown {
		if id, told := fact.Folders[name]; told {
			known[i] = hashOf(id)
		}
	}
	for i, hash := range known {
		if !slices.Contains(known[:i], hash) && !slices.Contains(known[i+1:], hash) {
			names[i] = hash
		}
	}
	return names
}

func hashOf(id string) folderHash {
	var whole [8]byte
	binary.LittleEndian.PutUint64(whole[:], folderKey(id))
	return folderHash(whole[:])
}

// folderSeed is this process's: nobody can make ids that have the hash of another.
var folderSeed = maphash.MakeSeed()

// folderKey is the hash of a folder id, and makes two encodings of one equal.
// Exchange writes an id plain or run-length packed (its first byte tells), and uses
// both in one conversation (EWS streaming, observed).
func folderKey(id string) uint64 {
	var decoded, unpacked [usualID]byte
	raw, err := base64.StdEncoding.AppendDecode(decoded[:0], []byte(id))
	if err != nil || len(raw) < 2 {
		return maphash.String(folderSeed, id)
	}
	if raw[0] == packedID {
		plain, ok := unpack(unpacked[:0], raw[1:])
		if !ok {
			return maphash.String(folderSeed, id)
		}
		return maphash.Bytes(folderSeed, plain)
	}
	return maphash.Bytes(folderSeed, raw[1:])
}

// usualID is the size of a buffer that holds most ids, without base64.
const usualID = 256

// packedID marks a run-length packed id.
const packedID = 1

// maxUnpackedID bounds what a packed id may grow to.
const maxUnpackedID = 4096

// unpack appends what run-length coding packed: two equal bytes are followed by the
// number of further repeats.
func unpack(out, packed []byte) ([]byte, bool) {
	for i := 0; i < len(packed); i++ {
		out = append(out, packed[i])
		if i+1 < len(packed) && packed[i+1] == packed[i] {
			if i+2 >= len(packed) {
				return nil, false
			}
			for range int(packed[i+2]) + 1 {
				out = append(out, packed[i])
			}
			i += 2
		}
		if len(out) > maxUnpackedID {
			return nil, false
		}
	}
	return out, true
}

func (f *folderNames) name(parent *messages.Ref) messages.FolderName {
	if parent == nil {
		return messages.FolderNone
	}
	if i := slices.Index(f[:], hashOf(parent.ID)); i >= 0 {
		return wellKnown[i]
	}
	return messages.FolderOther
}

// eventOf is a notice as an event of the member's epoch. One that names neither an
// item nor a folder tells of something that cannot be told on: a gap of one.
func (w *worker) eventOf(c *connection, m *member, n Notice, read time.Time) messages.Event {
	meta := messages.EventMeta{
		Mailbox: m.mailbox(), Group: w.group.Group, Generation: w.group.Generation,
		Time: timeOf(n, c.exchangeTime(read)), Recorded: read, Epoch: m.epoch, Sequence: m.next(),
	}
	if n.Item == nil && n.Folder == nil {
		return gapOfOne(meta, n.Name+" without an id")
	}
	return messages.MailboxEvent{
		EventMeta: meta, Event: n.Name, What: n.Kind, Folder: m.folders.name(n.Parent), Origin: messages.OriginStream,
		Item: n.Item, FolderRef: n.Folder, Parent: n.Parent,
		OldItem: n.OldItem, OldFolderRef: n.OldFolder, OldParent: n.OldParent,
		UnreadCount: n.UnreadCount,
	}
}

// timeOf is when an event happened, by Exchange's clock. One that gives no time, or
// one that is still to come, happened by now: a time in the future would be taken
// for what is covered. Clocks of Exchange's servers may differ a little.
func timeOf(n Notice, now time.Time) time.Time {
	if n.Time.Year() <= 1 || n.Time.After(now.Add(messages.GapUncertainty*time.Second)) {
		return now.UTC()
	}
	return n.Time
}
