package check

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// inbox is the folder that every mailbox has.
const inbox = "inbox"

// login makes the first request to EWS, which the next steps look at too: GetFolder of the mailbox's inbox.
func (w *walk) login(ctx context.Context) Finding {
	w.folder = w.ask(func() error {
		results, err := w.client.GetFolder(ctx, w.call(false), ewssoap.GetFolderRequest{Folders: []ewssoap.FolderID{w.folderID(inbox)}})
		if err == nil && len(results) == 1 && results[0].Err != nil {
			return results[0].Err
		}
		return err
	})
	return loggedIn(w.folder, w.loginsAt(w.ews.url))
}

// loginsAt are the logins of connections to the host of a URL so far.
func (w *walk) loginsAt(address string) []httpauth.Observation {
	u, err := url.Parse(address)
	return slices.DeleteFunc(slices.Clone(w.logins), func(o httpauth.Observation) bool { return err != nil || !strings.EqualFold(o.Host, u.Host) })
}

// loggedIn judges whether the login was accepted.
func loggedIn(r reply, seen []httpauth.Observation) Finding {
	var e *ewssoap.Error
	if r.err == nil || errors.As(r.err, &e) && isAnswer(e) && causeOf(e) != causeRefused {
		return ok("accepted%s", by(r, seen)).with(logins(seen)...)
	}
	f := failure(r.err, ewsaffinity.OpReadBack)
	if f.cause == causeRefused {
		f.Text = "refused: " + f.Text
		return f.hinted(seen)
	}
	return f
}

// by names the scheme that a request carried itself, where no connection logged in.
func by(r reply, seen []httpauth.Observation) string {
	scheme, _, _ := strings.Cut(r.last().RequestHeader.Get("Authorization"), " ")
	switch {
	case len(seen) > 0:
		return ""
	case scheme == "":
		return " without a login"
	}
	return " by " + scheme
}

// logins tells of each login of a connection.
func logins(seen []httpauth.Observation) []string {
	var lines []string
	for _, o := range seen {
		line := fmt.Sprintf("%s at %s: %s", o.Scheme, o.Host, o.Outcome)
		switch {
		case o.Outcome == httpauth.NotOffered, o.Outcome == httpauth.NotAsked:
			line += "; offered: " + strings.Join(o.Offered, ", ")
		case o.Binding != nil:
			line += ", with channel binding"
		case o.WithoutBinding != "":
			line += ", without channel binding: " + o.WithoutBinding
		}
		if o.Err != nil {
			line += ": " + clip(o.Err.Error())
		}
		lines = append(lines, line)
	}
	return lines
}

// hinted adds how connections logged in, and has what that hints at take the place of general advice.
func (f Finding) hinted(seen []httpauth.Observation) Finding {
	general := f.Advice
	f.Advice = nil
	for _, o := range seen {
		f = f.advise(o.Hint())
	}
	if len(f.Advice) == 0 {
		f.Advice = general
	}
	return f.with(logins(seen)...)
}

// call goes to the mailbox's EWS; of a group it is like those of the subscriber and the streamer, with the mailbox as the
// only member and so the anchor.
func (w *walk) call(ofGroup bool) ewssoap.Call {
	call := ewssoap.Call{URL: w.ews.url, Affinity: ewssoap.Affinity{Anchor: w.mailbox}}
	if ofGroup {
		call.Affinity.Prefer = true
		if s := w.subscription; s != nil {
			call.Affinity.Cookie, call.Affinity.ExchangeCookie = s.answer.Cookie, s.answer.Meta.ExchangeCookie
		}
	}
	if w.cfg.Settings.Exchange.Impersonation {
		call.Impersonate = w.mailbox
	}
	return call
}

// folderID names a well-known folder; a delegate says whose.
func (w *walk) folderID(name string) ewssoap.FolderID {
	id := ewssoap.FolderID{Distinguished: name}
	if !w.cfg.Settings.Exchange.Impersonation {
		id.Mailbox = w.mailbox
	}
	return id
}
