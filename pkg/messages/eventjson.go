package messages

import (
	"encoding/json"
	"strconv"
	"strings"
)

// usualEvent is what the body of most events stays below.
const usualEvent = 1024

// json is what encoding/json makes of the event, in a fraction of its time and in a
// former body's room. After an error that is as it was.
func (e *MailboxEvent) json(former []byte) ([]byte, error) {
	var usual [usualEvent]byte
	b := appendText(append(usual[:0], `{"mailbox":`...), string(e.Mailbox))
	b = appendText(append(b, `,"group":`...), string(e.Group))
	b = strconv.AppendUint(append(b, `,"generation":`...), uint64(e.Generation), 10)
	b, err := e.Time.AppendText(append(b, `,"timestamp":"`...))
	if err != nil {
		return nil, err
	}
	b = appendText(append(b, `","event":`...), e.Event)
	b = appendText(append(b, `,"folder":`...), string(e.Folder))
	b = appendRef(b, `,"item":`, e.Item)
	b = appendRef(b, `,"folderId":`, e.FolderRef)
	b = appendRef(b, `,"parentFolder":`, e.Parent)
	b = appendRef(b, `,"oldItem":`, e.OldItem)
	b = appendRef(b, `,"oldFolderId":`, e.OldFolderRef)
	b = appendRef(b, `,"oldParentFolder":`, e.OldParent)
	if e.UnreadCount != nil {
		b = strconv.AppendInt(append(b, `,"unreadCount":`...), int64(*e.UnreadCount), 10)
	}
	return append(former[:0], append(b, '}')...), nil
}

func appendRef(b []byte, name string, ref *Ref) []byte {
	if ref == nil {
		return b
	}
	b = appendText(append(append(b, name...), `{"id":`...), ref.ID)
	if ref.ChangeKey != "" {
		b = appendText(append(b, `,"changeKey":`...), ref.ChangeKey)
	}
	return append(b, '}')
}

// appendText appends a string as encoding/json writes it.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if !plainJSON[s[i]] {
			quoted, _ := json.Marshal(s) // of a string it never fails
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// plainJSON are the bytes that encoding/json writes as they are, whatever stands
// beside them.
var plainJSON = func() (plain [256]bool) {
	for c := byte(' '); c <= '~'; c++ {
		plain[c] = !strings.ContainsRune("\"\\<>&", rune(c))
	}
	return plain
}()
