package exchange

import (
	"context"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Folders resolves a mailbox's well-known folders in one GetFolder. A folder that
// the mailbox lacks or does not show is left out.
func (a *Adapter) Folders(ctx context.Context, url messages.Endpoint, mailbox messages.Address) (map[messages.FolderName]string, error) {
	release, err := a.acquire(ctx, url)
	if err != nil {
		return nil, err
	}
	defer release()
	names := messages.WellKnownFolders()
	var r ewssoap.GetFolderRequest
	for _, name := range names {
		r.Folders = append(r.Folders, a.folder(name, mailbox))
	}
	results, err := a.client.GetFolder(ctx, a.mailboxCall(url, mailbox), r)
	if err != nil {
		return nil, a.fault(ewsaffinity.OpReadBack, mailbox, err)
	}
	folders := map[messages.FolderName]string{}
	for i, result := range results {
		switch {
		case result.Err == nil:
			folders[names[i]] = result.Folder.ID.ID
		case !absent(result.Err.Code):
			return nil, a.fault(ewsaffinity.OpReadBack, mailbox, result.Err)
		}
	}
	return folders, nil
}

// absent are the codes of a folder that is not there, or not ours to see; any
// other is a failure of the whole query.
func absent(code string) bool {
	switch code {
	case "ErrorFolderNotFound", "ErrorItemNotFound", "ErrorAccessDenied":
		return true
	}
	return false
}
