package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ewsnats/ewsnats/internal/subscriber"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Subscribe makes a streaming subscription of a mailbox behind its group's anchor.
func (a *Adapter) Subscribe(ctx context.Context, place messages.Place, mailbox messages.Address) (subscriber.Subscribed, error) {
	var answer *ewssoap.SubscribeResponse
	err := a.call(ctx, place.URL, ewsaffinity.OpSubscribe, mailbox, func() (err error) {
		answer, err = a.client.Subscribe(ctx, a.groupCall(place, mailbox), a.subscribeRequest(mailbox))
		return err
	})
	if err != nil {
		return subscriber.Subscribed{}, err
	}
	if len(answer.SubscriptionID) > longestID {
		return subscriber.Subscribed{}, &ewsaffinity.Fault{Op: ewsaffinity.OpSubscribe, Code: ewsaffinity.CodeMalformed, Mailbox: mailbox,
			Text: fmt.Sprintf("a SubscriptionId of %d bytes", len(answer.SubscriptionID)), RequestID: requestID(answer.Meta)}
	}
	return subscriber.Subscribed{
		ID:             messages.SubscriptionID(answer.SubscriptionID),
		Since:          dateOrReceived(answer.Meta),
		Cookie:         messages.Cookie(cookie(answer.Cookie)),
		ExchangeCookie: messages.Cookie(cookie(answer.Meta.ExchangeCookie)),
	}, nil
}

func (a *Adapter) subscribeRequest(mailbox messages.Address) ewssoap.SubscribeRequest {
	r := ewssoap.SubscribeRequest{EventTypes: a.cfg.Events}
	for _, name := range a.cfg.Folders {
		r.Folders = append(r.Folders, a.folder(name, mailbox))
	}
	for _, id := range a.cfg.FolderIDs {
		r.Folders = append(r.Folders, ewssoap.FolderID{ID: id})
	}
	r.AllFolders = len(r.Folders) == 0
	return r
}

// dateOrReceived is Exchange's time of an answer; a server that gives none is taken
// to have our time.
func dateOrReceived(m ewssoap.Meta) time.Time {
	if at := date(m); !at.IsZero() {
		return at
	}
	return m.Received.UTC()
}

// Unsubscribe ends a subscription. One that is gone already is no error.
func (a *Adapter) Unsubscribe(ctx context.Context, place messages.Place, mailbox messages.Address, id messages.SubscriptionID) error {
	err := a.call(ctx, place.URL, ewsaffinity.OpUnsubscribe, mailbox, func() error {
		return a.client.Unsubscribe(ctx, a.groupCall(place, mailbox), string(id))
	})
	var f *ewsaffinity.Fault
	if errors.As(err, &f) && ewsaffinity.Recover(f.Op, f.Code).Next(ewsaffinity.Seen{Times: 1}).Do == ewsaffinity.Nothing {
		return nil
	}
	return err
}
