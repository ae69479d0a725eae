package ewssoap

import (
	"context"
	"errors"
)

// GetFolderRequest asks for folders of one mailbox by id.
type GetFolderRequest struct {
	Folders    []FolderID
	Fields     []Field    // wanted besides the id
	Properties []Property // wanted besides the id
}

// FolderResult is the answer for one folder of a [GetFolderRequest].
type FolderResult struct {
	Folder Folder
	Err    *Error // nil: found
}

type getFolderMessage struct {
	status
	Folders wireFolders `xml:"Folders"`
}

// GetFolder returns one result for each folder asked for, in the same order (MS-OXWSFOLD, GetFolder).
func (c *Client) GetFolder(ctx context.Context, call Call, r GetFolderRequest) ([]FolderResult, error) {
	const op = "GetFolder"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	messages, t, err := ask[getFolderMessage](ctx, c, op, call, r.write)
	if err != nil {
		return nil, err
	}
	if e := oneForEach(t, messages, len(r.Folders)); e != nil {
		return nil, e
	}
	results := make([]FolderResult, len(messages))
	for i, m := range messages {
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

func (r GetFolderRequest) shape() Shape { return Shape{Fields: r.Fields, Properties: r.Properties} }

func (r GetFolderRequest) check() error {
	if len(r.Folders) == 0 {
		return errors.New("no folders")
	}
	if err := r.shape().check(); err != nil {
		return err
	}
	return checkFolders(r.Folders)
}

func (r GetFolderRequest) write(w *xmlWriter) {
	w.open("m:GetFolder")
	w.shape("m:FolderShape", r.shape())
	w.folders("m:FolderIds", r.Folders)
	w.close("m:GetFolder")
}
