package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// unsubscribeTimeout bounds the end of a subscription, which does not depend on the context.
const unsubscribeTimeout = 10 * time.Second

// subscription is one that lives until it is unsubscribed.
type subscription struct {
	answer *ewssoap.SubscribeResponse
	reply  reply
}

// subscribe makes a subscription as configured. An interrupt does not cut the request: its answer names what has to be
// ended.
func (w *walk) subscribe(ctx context.Context) Finding {
	request := w.request()
	var answer *ewssoap.SubscribeResponse
	r := w.ask(func() (err error) {
		answer, err = w.client.Subscribe(context.WithoutCancel(ctx), w.call(true), request)
		return err
	})
	if r.err != nil {
		f := failure(r.err, ewsaffinity.OpSubscribe)
		var e *ewssoap.Error
		if errors.As(r.err, &e) && !isAnswer(e) && r.last().Status == 0 && !r.last().Connected.IsZero() {
			f = f.with("a subscription may have been made whose id is not known; Exchange ends it by itself")
		}
		return f
	}
	w.subscription = &subscription{answer, r}
	return subscribed(w.cfg.Settings.Subscribe, answer, r)
}

func subscribed(s config.Subscribe, answer *ewssoap.SubscribeResponse, r reply) Finding {
	folders := "all folders"
	if len(s.Folders) > 0 {
		folders = strings.Join(s.Folders, ", ")
	}
	cookie := "X-BackEndOverrideCookie set"
	if answer.Cookie == "" {
		cookie = "X-BackEndOverrideCookie not set: X-AnchorMailbox alone leads to the server"
	}
	return ok("%s", folders).with(fmt.Sprintf("events: %s", strings.Join(s.Events, ", ")), cookie, trail(r.meta()))
}

// unsubscribe ends the subscription, in its own time.
func (w *walk) unsubscribe(ctx context.Context) Finding {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unsubscribeTimeout)
	defer cancel()
	r := w.ask(func() error {
		return w.client.Unsubscribe(ctx, w.call(true), w.subscription.answer.SubscriptionID)
	})
	return unsubscribed(r)
}

func unsubscribed(r reply) Finding {
	var e *ewssoap.Error
	switch {
	case r.err == nil:
		return ok("nothing is left behind")
	case errors.As(r.err, &e) && e.Code == "ErrorSubscriptionNotFound":
		return warning("the subscription was gone already, or another server was asked").with(trail(r.meta()))
	}
	return failure(r.err, ewsaffinity.OpUnsubscribe).with("the subscription is left behind; Exchange ends it by itself")
}

// request is what the subscriber asks for.
func (w *walk) request() ewssoap.SubscribeRequest {
	s := w.cfg.Settings.Subscribe
	r := ewssoap.SubscribeRequest{AllFolders: len(s.Folders) == 0}
	for _, folder := range s.Folders {
		if config.IsFolderID(folder) {
			r.Folders = append(r.Folders, ewssoap.FolderID{ID: folder})
		} else {
			r.Folders = append(r.Folders, w.folderID(folder))
		}
	}
	for _, event := range s.Events {
		r.EventTypes = append(r.EventTypes, ewssoap.EventType(event))
	}
	return r
}
