package ewssoap

import (
	"context"
	"errors"
	"fmt"
)

// GetFolderRequest asks for folders of one mailbox by id.
type GetFolderRequest struct {
	Folders    []FolderID
	Properties []Property // wanted besides the id
}

// FolderResult is the answer for one folder of a [GetFolderRequest].
type FolderResult struct {
	Folder Folder
	Err    *Error // nil: found
}

type getFolderAnswer struct {
	Messages []struct {
		status
		Folders wireFolders `xml:"Folders"`
	} `xml:"ResponseMessages>GetFolderResponseMessage"`
}

func (a *getFolderAnswer) empty() bool { return len(a.Messages) == 0 }

// GetFolder returns one result for each folder asked for, in the same order (MS-OXWSFOLD, GetFolder).
func (c *Client) GetFolder(ctx context.Context, call Call, r GetFolderRequest) ([]FolderResult, error) {
	const op = "GetFolder"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	var a getFolderAnswer
	t, err := c.do(ctx, c.ewsRequest(op, call, r.write), &a)
	if err != nil {
		return nil, err
	}
	if have, want := len(a.Messages), len(r.Folders); have != want {
		return nil, t.fail(ConditionMalformed, fmt.Sprintf("%d response messages for %d folders", have, want))
	}
	results := make([]FolderResult, len(a.Messages))
	for i, m := range a.Messages {
		results[i].Err = m.failure(t)
		switch {
		case results[i].Err != nil:
		case len(m.Folders.Folders) != 1 || m.Folders.Folders[0].ID.ID == "":
			results[i].Err = t.fail(ConditionMalformed, "success without a folder")
		default:
			results[i].Folder = m.Folders.Folders[0].folder()
		}
	}
	return results, nil
}

func (r GetFolderRequest) check() error {
	if len(r.Folders) == 0 {
		return errors.New("no folders")
	}
	return checkFolders(r.Folders)
}

func (r GetFolderRequest) write(w *xmlWriter) {
	w.open("m:GetFolder")
	w.folderShape(r.Properties)
	w.folders("m:FolderIds", r.Folders)
	w.close("m:GetFolder")
}
