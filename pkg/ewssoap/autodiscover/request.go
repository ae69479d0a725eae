package autodiscover

import (
	"context"
	"errors"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// Codes of answers about users.
const (
	redirectAddress = "RedirectAddress"
	redirectURL     = "RedirectUrl"
)

// request asks an endpoint about users. The answer has one part for each, in their order.
func (c *Client) request(ctx context.Context, e endpoint, users []string) ([]ewssoap.UserSettings, error) {
	if e.protocol == POX {
		return c.requestPOX(ctx, e, users)
	}
	r, err := c.o.Service.GetUserSettings(ctx, e.url, ewssoap.GetUserSettingsRequest{Users: users, Settings: c.o.Settings})
	if err != nil {
		return nil, err
	}
	return r.Users, nil
}

// requestPOX asks about one user after the other. Those behind a failure are not answered, as if a list ended early; it is
// an error where it hit the first of them, or where nothing else may be asked.
func (c *Client) requestPOX(ctx context.Context, e endpoint, users []string) ([]ewssoap.UserSettings, error) {
	answers := make([]ewssoap.UserSettings, len(users))
	for i, user := range users {
		answers[i].Mailbox = user
	}
	for i := range answers {
		r, err := c.o.Service.AutodiscoverPOX(ctx, e.url, users[i])
		var failure *ewssoap.Error
		switch v := c.judge(ctx, err); {
		case v == works:
			fill(&answers[i], r)
		case v == service && errors.As(err, &failure):
			answers[i].Answered, answers[i].Err = true, failure
		case i == 0 || v == ends:
			return nil, err
		default:
			return answers, nil
		}
	}
	return answers, nil
}

func fill(u *ewssoap.UserSettings, r *ewssoap.POXResponse) {
	u.Answered = true
	if r.Redirect != "" {
		u.Err = &ewssoap.Error{Op: "AutodiscoverPOX", Code: r.Redirect, HTTPStatus: 200, Meta: r.Meta}
		u.RedirectTarget = r.RedirectTarget
		return
	}
	u.Settings = r.Settings()
}
