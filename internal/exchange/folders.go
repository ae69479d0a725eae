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
	names := messages.WellKnownFolders()
	var r ewssoap.GetFolderRequest
	for _, name := range names {
		r.Folders = append(r.Folders, a.folder(name, mailbox))
	}
	var results []ewssoap.FolderResult
	err := a.call(ctx, url, ewsaffinity.OpReadBack, mailbox, func() (err error) {
		results, err = a.client.GetFolder(ctx, a.mailboxCall(url, mailbox), r)
		return err
	})
	if err != nil {
		return nil, err
	}
	folders := map[messages.FolderName]string{}
	for i, result := range results {
		switch {
		case result.Err == nil && len(result.Folder.ID.ID) > longestID: // no folder of a name
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
