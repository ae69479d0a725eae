package streamer

import (
	"encoding/base64"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// folderNames finds a folder's well-known name by its id.
type folderNames map[string]messages.FolderName

func namesOf(fact messages.MailboxFolders) folderNames {
	names := make(folderNames, len(fact.Folders))
	for name, id := range fact.Folders {
		names[folderKey(id)] = name
	}
	return names
}

// folderKey makes two encodings of one folder id equal. Exchange writes an id
// plain or run-length packed (its first byte tells), and uses both in one
// conversation (EWS streaming, observed).
func folderKey(id string) string {
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil || len(raw) < 2 {
		return id
	}
	if raw[0] == packedID {
		if unpacked, ok := unpack(raw[1:]); ok {
			return string(unpacked)
		}
		return id
	}
	return string(raw[1:])
}

// packedID marks a run-length packed id.
const packedID = 1

// maxUnpackedID bounds what a packed id may grow to.
const maxUnpackedID = 4096

// unpack undoes the run-length coding: two equal bytes are followed by the
// number of further repeats.
func unpack(packed []byte) ([]byte, bool) {
	var out []byte
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

func (f folderNames) name(parent *messages.Ref) messages.FolderName {
	if parent == nil {
		return messages.FolderNone
	}
	if name, ok := f[folderKey(parent.ID)]; ok {
		return name
	}
	return messages.FolderOther
}

// eventOf is a notice as an event of the member's epoch.
func (w *worker) eventOf(m *member, n Notice, read time.Time) messages.MailboxEvent {
	return messages.MailboxEvent{
		EventMeta: messages.EventMeta{
			Mailbox: m.mailbox, Group: w.group.Group, Generation: w.group.Generation,
			Time: n.Time, Recorded: read, Epoch: m.epoch, Sequence: m.next(),
		},
		Event: n.Name, What: n.Kind, Folder: m.folders.name(n.Parent), Origin: messages.OriginStream,
		Item: n.Item, FolderRef: n.Folder, Parent: n.Parent,
		OldItem: n.OldItem, OldFolderRef: n.OldFolder, OldParent: n.OldParent,
		UnreadCount: n.UnreadCount,
	}
}
