package exchange

import (
	"context"
	"errors"

	"github.com/ewsnats/ewsnats/internal/discoverer"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// settings are what Autodiscover is asked for.
var settings = []string{"ExternalEwsUrl", "InternalEwsUrl", "GroupingInformation"}

// Discover asks where mailboxes of one domain live. With a fixed endpoint nothing
// is asked: all of them live there, in one grouping.
func (a *Adapter) Discover(ctx context.Context, mailboxes []messages.Address) ([]discoverer.Answer, error) {
	if a.cfg.URL != "" {
		answers := make([]discoverer.Answer, len(mailboxes))
		for i, m := range mailboxes {
			answers[i] = discoverer.Answer{Mailbox: m, URL: a.cfg.URL}
		}
		return answers, nil
	}
	r := ewssoap.GetUserSettingsRequest{Settings: settings}
	for _, m := range mailboxes {
		r.Users = append(r.Users, string(m))
	}
	response, err := a.ask(ctx, mailboxes[0].Domain(), r)
	if err != nil {
		return nil, err
	}
	var answers []discoverer.Answer
	for i, user := range response.Users {
		if user.Answered {
			answers = append(answers, a.answer(mailboxes[i], user))
		}
	}
	return answers, nil
}

// ask tries the endpoints of a domain in order, the one that worked last first.
func (a *Adapter) ask(ctx context.Context, domain string, r ewssoap.GetUserSettingsRequest) (*ewssoap.GetUserSettingsResponse, error) {
	var first error
	for _, url := range a.autodiscoverURLs(domain) {
		response, err := a.askOne(ctx, url, r)
		if err == nil {
			a.mu.Lock()
			a.endpoints[domain] = url
			a.mu.Unlock()
			return response, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil || a.final(err) {
			return nil, err
		}
	}
	return nil, first
}

func (a *Adapter) askOne(ctx context.Context, url string, r ewssoap.GetUserSettingsRequest) (*ewssoap.GetUserSettingsResponse, error) {
	var response *ewssoap.GetUserSettingsResponse
	err := a.call(ctx, messages.Endpoint(url), ewsaffinity.OpDiscover, "", func() (err error) {
		response, err = a.client.GetUserSettings(ctx, url, r)
		return err
	})
	return response, err
}

// final reports whether another endpoint would not help: the server understood
// and refused, there is no login, or it is refused and must not be tried again elsewhere.
func (a *Adapter) final(err error) bool {
	var f *ewsaffinity.Fault
	if !errors.As(err, &f) {
		return false
	}
	switch f.Code {
	case ewsaffinity.CodeRefusedLogin, ewsaffinity.CodeAuthorizer, "ServerBusy", "InvalidRequest":
		return true
	}
	return false
}

// autodiscoverURLs lists the SOAP endpoints of a domain in the order of
// Microsoft's "Generate a list of Autodiscover endpoints", without the
// directory's service connection points.
func (a *Adapter) autodiscoverURLs(domain string) []string {
	if a.cfg.AutodiscoverURL != "" {
		return []string{a.cfg.AutodiscoverURL}
	}
	const path = "/autodiscover/autodiscover.svc"
	urls := []string{"https://" + domain + path, "https://autodiscover." + domain + path}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.endpoints[domain] == urls[1] {
		urls[0], urls[1] = urls[1], urls[0]
	}
	return urls
}

// answer is one user's settings as a place, or as what keeps it from having one.
func (a *Adapter) answer(mailbox messages.Address, user ewssoap.UserSettings) discoverer.Answer {
	out := discoverer.Answer{Mailbox: mailbox}
	if user.Err != nil {
		out.Fault = &ewsaffinity.Fault{Op: ewsaffinity.OpDiscover, Code: ewsaffinity.Code(clip(user.Err.Code, longestCode)), Text: clip(user.Err.Text, longestText),
			Mailbox: mailbox, RequestID: requestID(user.Err.Meta), Err: user.Err}
		if user.RedirectTarget != "" {
			out.Fault.Text = clip("redirected to "+user.RedirectTarget, longestText)
		}
		return out
	}
	url := user.Settings["ExternalEwsUrl"]
	if url == "" {
		url = user.Settings["InternalEwsUrl"]
	}
	if url == "" {
		out.Fault = &ewsaffinity.Fault{Op: ewsaffinity.OpDiscover, Code: "SettingIsNotAvailable",
			Text: "Autodiscover gave neither ExternalEwsUrl nor InternalEwsUrl", Mailbox: mailbox}
		return out
	}
	out.URL, out.Grouping = messages.Endpoint(url), messages.Grouping(user.Settings["GroupingInformation"])
	return out
}
