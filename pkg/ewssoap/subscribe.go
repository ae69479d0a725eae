package ewssoap

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// SubscribeRequest asks for a streaming subscription to one mailbox: the impersonated one; for a delegate, who impersonates
// nobody, the one that distinguished Folders name; else the caller's own. Public documents say of a delegate that Exchange
// may refuse it (ErrorSubscriptionDelegateAccessNotSupported, ResponseCode reference).
type SubscribeRequest struct {
	AllFolders bool        // every folder of the mailbox; Folders must be empty then
	Folders    []FolderID  // of one mailbox
	EventTypes []EventType // at least one; StatusEvent cannot be subscribed
}

// SubscribeResponse is a subscription that now exists.
type SubscribeResponse struct {
	SubscriptionID string // opaque
	Cookie         Cookie // X-BackEndOverrideCookie if the answer set one, else empty; see [Affinity]
	Meta           Meta
}

type subscribeMessage struct {
	status
	SubscriptionID string `xml:"SubscriptionId"`
}

// Subscribe creates a streaming subscription (MS-OXWSNTIF, Subscribe). It belongs to the account that calls, also where
// another mailbox is impersonated.
func (c *Client) Subscribe(ctx context.Context, call Call, r SubscribeRequest) (*SubscribeResponse, error) {
	const op = "Subscribe"
	if err := r.check(); err != nil {
		return nil, refuse(op, err)
	}
	messages, t, err := ask[subscribeMessage](ctx, c, op, call, r.write)
	if err != nil {
		return nil, err
	}
	m := messages[0]
	if e := m.failure(t); e != nil {
		return nil, e
	}
	id := strings.TrimSpace(m.SubscriptionID)
	if id == "" {
		return nil, t.fail(ConditionMalformed, "success without a SubscriptionId")
	}
	return &SubscribeResponse{SubscriptionID: id, Cookie: t.meta.Cookie, Meta: t.meta}, nil
}

func (r SubscribeRequest) check() error {
	if r.AllFolders == (len(r.Folders) > 0) {
		return errors.New("either AllFolders or Folders must be given, not both")
	}
	if len(r.EventTypes) == 0 {
		return errors.New("no event types")
	}
	for _, e := range r.EventTypes {
		if e == StatusEvent || !isEvent(string(e)) {
			return fmt.Errorf("an event type that cannot be subscribed: %q", e)
		}
	}
	return checkFolders(r.Folders)
}

func (r SubscribeRequest) write(w *xmlWriter) {
	w.open("m:Subscribe")
	if r.AllFolders {
		w.open("m:StreamingSubscriptionRequest", "SubscribeToAllFolders", "true")
	} else {
		w.open("m:StreamingSubscriptionRequest")
		w.folders("t:FolderIds", r.Folders)
	}
	w.open("t:EventTypes")
	for _, e := range r.EventTypes {
		w.text("t:EventType", string(e))
	}
	w.close("t:EventTypes")
	w.close("m:StreamingSubscriptionRequest")
	w.close("m:Subscribe")
}
