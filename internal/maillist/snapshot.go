package maillist

import (
	"path/filepath"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Snapshot is the whole list of one source, or the reason why it cannot be read.
type Snapshot struct {
	Source    string             // who wants the mailboxes, such as file:mailboxes.txt
	Mailboxes []messages.Address // in order, each once
	Err       error
}

// Source is the name under which the mailboxes of a list are enrolled. It is made
// of the file's name without its folder, so that a list may be mounted elsewhere.
func Source(path string) string { return "file:" + filepath.Base(path) }
