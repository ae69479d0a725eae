package ewssoap

import (
	"context"
	"errors"
)

// GetItemRequest asks for items by id. Ten at a time is what Microsoft advises (office-developer-exchange-docs,
// "Notification subscriptions, mailbox events, and EWS in Exchange").
type GetItemRequest struct {
	IDs   []string // ItemId, as a server gave it: in an event, a page, a change
	Shape Shape
}

// ItemResult is the answer for one item of a [GetItemRequest].
type ItemResult struct {
	Item Item
	Err  *Error // nil: found; ErrorItemNotFound: it is gone or was moved, which gave it another id
}

type getItemMessage struct {
	status
	Items wireItems `xml:"Items"`
}

// GetItem returns one result for each id asked for, in the same order (MS-OXWSCORE, GetItem).
func (c *Client) GetItem(ctx context.Context, call Call, r GetItemRequest) ([]ItemResult, error) {
	const op = "GetItem"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	messages, t, err := ask[getItemMessage](ctx, c, op, call, r.write)
	if err != nil {
		return nil, err
	}
	if e := oneForEach(t, messages, len(r.IDs)); e != nil {
		return nil, e
	}
	results := make([]ItemResult, len(messages))
	for i, m := range messages {
		if results[i].Err = m.failure(t); results[i].Err != nil {
			continue
		}
		items := m.Items.items()
		if len(items) != 1 {
			results[i].Err = t.fail(ConditionMalformed, "success without an item")
			continue
		}
		results[i].Item = items[0]
	}
	return results, nil
}

func (r GetItemRequest) check() error {
	if len(r.IDs) == 0 {
		return errors.New("no items")
	}
	if err := r.Shape.check(); err != nil {
		return err
	}
	return checkItems(r.IDs)
}

func (r GetItemRequest) write(w *xmlWriter) {
	w.open("m:GetItem")
	w.shape("m:ItemShape", r.Shape)
	w.items("m:ItemIds", r.IDs)
	w.close("m:GetItem")
}
