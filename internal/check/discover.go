package check

import (
	"cmp"
	"context"
	"errors"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

// The settings that say where a mailbox lives.
const (
	settingExternal = "ExternalEwsUrl"
	settingInternal = "InternalEwsUrl"
	settingGrouping = "GroupingInformation"
)

// autodiscover asks where the mailbox lives, as the discoverer does.
func (w *walk) autodiscover(ctx context.Context) Finding {
	if w.fixed() {
		return found(Skipped, "exchange.url is fixed; all mailboxes count as one place, without GroupingInformation")
	}
	var steps []autodiscover.Step
	a := w.cfg.Settings.Exchange
	client := autodiscover.New(autodiscover.Options{
		Service: w.client, URL: a.Autodiscover.URL, Allow: a.Autodiscover.Allow, Bearer: !w.access.Lockable,
		Plain: w.access.Plain, Resolver: w.cfg.Resolver, Observe: func(s autodiscover.Step) { steps = append(steps, s) },
	})
	var results []autodiscover.Result
	r := w.ask(func() (err error) {
		results, err = client.Discover(ctx, w.mailbox)
		return err
	})
	var result autodiscover.Result
	if len(results) == 1 {
		result = results[0]
	}
	f := discovered(r, result)
	w.ews.url = endpoint(result)
	for _, s := range steps {
		f = f.with(s.String())
	}
	if f.cause == causeRefused {
		f = f.hinted(w.logins)
	}
	return f
}

// endpoint is the EWS URL that the discoverer takes; empty: there is none.
func endpoint(result autodiscover.Result) string {
	return cmp.Or(result.Settings[settingExternal], result.Settings[settingInternal])
}

// discovered judges the answer about the mailbox.
func discovered(r reply, result autodiscover.Result) Finding {
	var redirected *autodiscover.RedirectError
	var walk *autodiscover.WalkError
	err := r.err
	if err == nil {
		err = result.Err
	}
	switch {
	case errors.As(err, &redirected):
		return failed(causeOther, "%v", redirected).with(trail(r.meta())).advise("see exchange.autodiscover.allow and exchange.autodiscover.url")
	case errors.As(err, &walk):
		f := failure(walk.Err, ewsaffinity.OpDiscover)
		f.Text = "no service of " + walk.Domain + " answers: " + f.Text
		return f.advise("configure exchange.autodiscover.url, or exchange.url")
	case err != nil:
		return failure(err, ewsaffinity.OpDiscover)
	case !result.Answered:
		return failed(causeOther, "the answer leaves the mailbox out, as a throttled server's does").with(trail(r.meta()))
	}
	url, grouping := endpoint(result), result.Settings[settingGrouping]
	if url == "" {
		return failed(causeOther, "neither ExternalEwsUrl nor InternalEwsUrl is set").with(trail(r.meta())).
			advise("Set-WebServicesVirtualDirectory -ExternalUrl, or configure exchange.url")
	}
	if grouping == "" {
		return ok("%s, no GroupingInformation", url)
	}
	return ok("%s, GroupingInformation %s", url, grouping)
}
