package ewssoap

import (
	"context"
	"errors"
)

// Unsubscribe ends a subscription (MS-OXWSNTIF, Unsubscribe). One that is gone already is an [Error] with the code ErrorSubscriptionNotFound, which
// most callers take for done.
func (c *Client) Unsubscribe(ctx context.Context, call Call, subscriptionID string) error {
	const op = "Unsubscribe"
	if subscriptionID == "" {
		return refuse(op, errors.New("no subscription id"))
	}
	messages, t, err := ask[status](ctx, c, op, call, func(w *xmlWriter) {
		w.open("m:Unsubscribe")
		w.text("m:SubscriptionId", subscriptionID)
		w.close("m:Unsubscribe")
	})
	if err != nil {
		return err
	}
	if e := messages[0].failure(t); e != nil {
		return e
	}
	return nil
}
