package ewssoap

import (
	"context"
	"errors"
)

type unsubscribeAnswer struct {
	Messages []status `xml:"ResponseMessages>UnsubscribeResponseMessage"`
}

func (a *unsubscribeAnswer) empty() bool { return len(a.Messages) == 0 }

// Unsubscribe ends a subscription. One that is gone already is an [Error] with the code ErrorSubscriptionNotFound, which
// most callers take for done.
func (c *Client) Unsubscribe(ctx context.Context, call Call, subscriptionID string) error {
	const op = "Unsubscribe"
	if subscriptionID == "" {
		return refuse(op, errors.New("no subscription id"))
	}
	var a unsubscribeAnswer
	t, err := c.do(ctx, c.ewsRequest(op, call, func(w *xmlWriter) {
		w.open("m:Unsubscribe")
		w.text("m:SubscriptionId", subscriptionID)
		w.close("m:Unsubscribe")
	}), &a)
	if err != nil {
		return err
	}
	if e := a.Messages[0].failure(t); e != nil {
		return e
	}
	return nil
}
