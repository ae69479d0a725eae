package ewssoap

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// GetUserSettingsRequest asks Autodiscover for settings of several users at once. There is no documented limit on their
// number; callers halve a batch that is refused.
type GetUserSettingsRequest struct {
	Users    []string // SMTP addresses
	Settings []string // "ExternalEwsUrl", "GroupingInformation" and so on
}

// GetUserSettingsResponse holds one result for each user asked for, in the same order.
type GetUserSettingsResponse struct {
	Users []UserSettings
	Meta  Meta
}

// UserSettings is the answer for one user.
type UserSettings struct {
	Mailbox        string            // the user, as asked for
	Answered       bool              // false: the server's list ended before this user (it does when throttled); ask again
	Err            *Error            // the user's ErrorCode: "RedirectAddress", "InvalidUser" and so on; nil: NoError
	RedirectTarget string            // the address or URL a redirect points to
	Settings       map[string]string // by name; what the server lacks is absent
	SettingErrors  map[string]string // ErrorCode by the name of the setting
}

const getUserSettingsAction = autodiscoverNamespace + "/Autodiscover/GetUserSettings"

// userSettingsAnswer is the wire form. It has three levels of errors: of the request, of a user, of a setting.
type userSettingsAnswer struct {
	Response *struct {
		autodiscoverStatus
		Users []wireUser `xml:"UserResponses>UserResponse"`
	} `xml:"Response"`
}

type autodiscoverStatus struct {
	Code string `xml:"ErrorCode"`
	Text string `xml:"ErrorMessage"`
}

type wireUser struct {
	autodiscoverStatus
	RedirectTarget string `xml:"RedirectTarget"`
	Errors         []struct {
		autodiscoverStatus
		Name string `xml:"SettingName"`
	} `xml:"UserSettingErrors>UserSettingError"`
	Settings []struct {
		Name  string  `xml:"Name"`
		Value *string `xml:"Value"` // absent in settings that are no strings
	} `xml:"UserSettings>UserSetting"`
}

func (a *userSettingsAnswer) empty() bool { return a.Response == nil }

// GetUserSettings asks the SOAP Autodiscover service at url (MS-OXWSADISC, GetUserSettings). An error of the request as a
// whole, such as ServerBusy, is returned as *[Error]; errors of single users stand in their results. The answer names no
// users: results belong to them by position, so an answer with more results than users is refused.
func (c *Client) GetUserSettings(ctx context.Context, url string, r GetUserSettingsRequest) (*GetUserSettingsResponse, error) {
	const op = "GetUserSettings"
	if len(r.Users) == 0 || len(r.Settings) == 0 {
		return nil, refuse(op, errors.New("no users or no settings"))
	}
	var a userSettingsAnswer
	t, err := c.do(ctx, c.autodiscoverRequest(op, url, r), &a)
	if err != nil {
		return nil, err
	}
	if e := a.Response.failure(t); e != nil {
		return nil, e
	}
	if have, want := len(a.Response.Users), len(r.Users); have > want {
		return nil, t.fail(ConditionMalformed, fmt.Sprintf("%d user responses for %d users", have, want))
	}
	out := &GetUserSettingsResponse{Users: make([]UserSettings, len(r.Users)), Meta: t.meta}
	for i, user := range r.Users {
		out.Users[i].Mailbox = user
		if i < len(a.Response.Users) {
			a.Response.Users[i].fill(&out.Users[i], t)
		}
	}
	return out, nil
}

func (s autodiscoverStatus) failure(t *trip) *Error {
	code := strings.TrimSpace(s.Code)
	if code == codeNoError {
		return nil
	}
	if code == "" {
		return t.fail(ConditionMalformed, "a response without an ErrorCode")
	}
	return t.fail(code, strings.TrimSpace(s.Text))
}

func (w *wireUser) fill(u *UserSettings, t *trip) {
	u.Answered = true
	u.Err = w.failure(t)
	u.RedirectTarget = strings.TrimSpace(w.RedirectTarget)
	u.Settings = make(map[string]string)
	for _, s := range w.Settings {
		if s.Value != nil {
			u.Settings[strings.TrimSpace(s.Name)] = strings.TrimSpace(*s.Value)
		}
	}
	u.SettingErrors = make(map[string]string)
	for _, s := range w.Errors {
		u.SettingErrors[strings.TrimSpace(s.Name)] = strings.TrimSpace(s.Code)
	}
}

func (c *Client) autodiscoverRequest(op, url string, r GetUserSettingsRequest) request {
	w := new(xmlWriter)
	w.buf.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	w.open("s:Envelope", "xmlns:s", soapNamespace, "xmlns:w", addressingNamespace, "xmlns:a", autodiscoverNamespace)
	w.open("s:Header")
	w.text("a:RequestedServerVersion", c.version)
	w.text("w:Action", getUserSettingsAction)
	w.text("w:To", url)
	w.close("s:Header")
	w.open("s:Body")
	r.write(w)
	w.close("s:Body")
	w.close("s:Envelope")
	return request{op: op, answer: op + "ResponseMessage", url: url, body: w.buf.Bytes(),
		label: AutodiscoverLabel + " " + strings.Join(r.Users, " ")}
}

func (r GetUserSettingsRequest) write(w *xmlWriter) {
	w.open("a:GetUserSettingsRequestMessage")
	w.open("a:Request")
	w.open("a:Users")
	for _, user := range r.Users {
		w.open("a:User")
		w.text("a:Mailbox", user)
		w.close("a:User")
	}
	w.close("a:Users")
	w.open("a:RequestedSettings")
	for _, setting := range r.Settings {
		w.text("a:Setting", setting)
	}
	w.close("a:RequestedSettings")
	w.close("a:Request")
	w.close("a:GetUserSettingsRequestMessage")
}
