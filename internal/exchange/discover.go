package exchange

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/ewsnats/ewsnats/internal/discoverer"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Discover asks where mailboxes of one domain live. With a fixed endpoint nothing
// is asked: all of them live there, in one grouping.
func (a *Adapter) Discover(ctx context.Context, mailboxes []messages.Address) ([]discoverer.Answer, error) {
	if a.cfg.URL != "" {
		return each(mailboxes, func(m messages.Address) discoverer.Answer { return discoverer.Answer{Mailbox: m, URL: a.cfg.URL} }), nil
	}
	users := make([]string, len(mailboxes))
	for i, m := range mailboxes {
		users[i] = string(m)
	}
	results, err := a.walker.Discover(ctx, users...)
	switch f := a.discoveryFault("", err); {
	case f == nil && err != nil:
		return nil, err
	case isRedirect(f): // an answer about every one of them, which a smaller request would not change
		return each(mailboxes, func(m messages.Address) discoverer.Answer {
			return discoverer.Answer{Mailbox: m, Fault: a.discoveryFault(m, err)}
		}), nil
	case f != nil:
		return nil, f
	}
	var answers []discoverer.Answer
	for i, r := range results {
		if r.Answered {
			answers = append(answers, a.answer(mailboxes[i], r))
		}
	}
	return answers, nil
}

func each(mailboxes []messages.Address, answer func(messages.Address) discoverer.Answer) []discoverer.Answer {
	answers := make([]discoverer.Answer, len(mailboxes))
	for i, m := range mailboxes {
		answers[i] = answer(m)
	}
	return answers
}

// newWalker finds Autodiscover services by the adapter's requests.
func (a *Adapter) newWalker() *autodiscover.Client {
	return autodiscover.New(autodiscover.Options{
		Service: discovery{a}, URL: a.cfg.AutodiscoverURL, Allow: a.cfg.Allow, Bearer: a.cfg.Account == nil,
		Plain: a.cfg.Plain, Resolver: a.cfg.Resolver, Observe: a.cfg.Observe, Random: a.cfg.Random,
	})
}

// discovery sends the requests to Autodiscover: like all others within the bounds of
// their host, and not with a login that was refused.
type discovery struct{ a *Adapter }

func (d discovery) GetUserSettings(ctx context.Context, url string, r ewssoap.GetUserSettingsRequest) (answer *ewssoap.GetUserSettingsResponse, err error) {
	err = d.a.call(ctx, hostOf(url), ewsaffinity.OpDiscover, "", func() (err error) {
		answer, err = d.a.client.GetUserSettings(ctx, url, r)
		return err
	})
	return answer, err
}

func (d discovery) AutodiscoverPOX(ctx context.Context, url, address string) (answer *ewssoap.POXResponse, err error) {
	err = d.a.call(ctx, hostOf(url), ewsaffinity.OpDiscover, "", func() (err error) {
		answer, err = d.a.client.AutodiscoverPOX(ctx, url, address)
		return err
	})
	return answer, err
}

// hostOf is what bounds are kept by: an Autodiscover service has few hosts, but
// redirects may name many a URL there.
func hostOf(address string) messages.Endpoint {
	u, err := url.Parse(address)
	if err != nil {
		return messages.Endpoint(address)
	}
	return messages.Endpoint(u.Scheme + "://" + u.Host)
}

// answer is one user's settings as a place, or as what keeps it from having one.
func (a *Adapter) answer(mailbox messages.Address, r autodiscover.Result) discoverer.Answer {
	out := discoverer.Answer{Mailbox: mailbox}
	if r.Err != nil {
		if out.Fault = a.discoveryFault(mailbox, r.Err); out.Fault == nil {
			out.Fault = &ewsaffinity.Fault{Op: ewsaffinity.OpDiscover, Code: "unexpected", Mailbox: mailbox, Err: r.Err}
		}
		return out
	}
	ews := r.Settings["ExternalEwsUrl"]
	if ews == "" {
		ews = r.Settings["InternalEwsUrl"]
	}
	if wrong := a.notAnEndpoint(ews); wrong != "" {
		out.Fault = &ewsaffinity.Fault{Op: ewsaffinity.OpDiscover, Code: "SettingIsNotAvailable", Text: clip(wrong, longestText), Mailbox: mailbox}
		return out
	}
	out.URL, out.Grouping = messages.Endpoint(ews), messages.Grouping(r.Settings["GroupingInformation"])
	return out
}

// notAnEndpoint says why an EWS URL of Autodiscover's is not asked. In clear it is asked
// only where Autodiscover itself is, by configuration: the account's login goes there.
func (a *Adapter) notAnEndpoint(address string) string {
	if address == "" {
		return "Autodiscover gave neither ExternalEwsUrl nor InternalEwsUrl"
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return fmt.Sprintf("Autodiscover gave an EWS URL that names no host: %q", address)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && strings.HasPrefix(a.cfg.AutodiscoverURL, "http://")) {
		return fmt.Sprintf("Autodiscover gave an EWS URL that is not https, to which no login is sent: %q", address)
	}
	return ""
}

// Codes of the recovery table for redirects that are not followed.
const (
	codeRedirectAddress ewsaffinity.Code = "RedirectAddress"
	codeRedirectURL     ewsaffinity.Code = "RedirectUrl"
)

func isRedirect(f *ewsaffinity.Fault) bool {
	return f != nil && (f.Code == codeRedirectAddress || f.Code == codeRedirectURL)
}

// discoveryFault puts a failure of Autodiscover in the terms of the recovery table;
// nil: it has none there.
func (a *Adapter) discoveryFault(mailbox messages.Address, err error) *ewsaffinity.Fault {
	var redirected *autodiscover.RedirectError
	var walk *autodiscover.WalkError
	var e *ewssoap.Error
	var f ewsaffinity.Fault
	if fault := new(ewsaffinity.Fault); errors.As(err, &fault) {
		f = *fault
	} else if errors.As(err, &e) {
		errors.As(a.fault(ewsaffinity.OpDiscover, mailbox, e), &fault)
		f = *fault
	}
	page := f.Code == ewsaffinity.CodeErrorPage || f.Code == ewsaffinity.CodeLoginPage // no word of Autodiscover's
	switch {
	case errors.As(err, &redirected) && !page:
		f.Op, f.Code, f.Text, f.Err = ewsaffinity.OpDiscover, codeRedirectURL, redirected.Error(), err
		if redirected.Address {
			f.Code = codeRedirectAddress
		}
		if redirected.Reason == autodiscover.ReasonHost {
			f.Text += " (exchange.autodiscover.allow, exchange.autodiscover.url)"
		}
	case f.Code == "":
		return nil
	case errors.As(err, &walk):
		f.Text = walk.Error()
	}
	f.Mailbox, f.Text = mailbox, clip(f.Text, longestText)
	return &f
}
