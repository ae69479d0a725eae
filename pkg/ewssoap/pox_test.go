package ewssoap

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"
)

const poxURL = "https://autodiscover.example.com/autodiscover/autodiscover.xml"

func askingPOX(ctx context.Context, c *Client, _ Call) (any, error) {
	r, err := c.AutodiscoverPOX(ctx, poxURL, "u1@example.com")
	if err != nil {
		return nil, err
	}
	return r, nil
}

// poxFails is a wire case whose answer is an error.
func poxFails(name, code, text string) wireCase {
	return wireCase{name: "autodiscoverpox/" + name, do: askingPOX,
		wantErr: &Error{Op: "AutodiscoverPOX", Code: code, HTTPStatus: 200, Text: text}}
}

const (
	innerEWS = "https://ex01.example.local/EWS/Exchange.asmx"
	outerEWS = "https://mail.example.com/EWS/Exchange.asmx"
)

var poxCases = []wireCase{
	{name: "autodiscoverpox/settings", do: askingPOX, want: &POXResponse{Protocols: []POXProtocol{
		{Type: "EXCH", EWSURL: innerEWS, TTL: 2 * time.Hour},
		{Type: "EXPR", EWSURL: outerEWS, Grouping: "CONTOSO-1", TTL: 24 * time.Hour},
		{Type: "WEB", Internal: "https://ex02.example.local/EWS/Exchange.asmx", External: "https://owa.example.com/EWS/Exchange.asmx"},
		{},
	}}},
	{name: "autodiscoverpox/web-only", do: askingPOX, want: &POXResponse{Protocols: []POXProtocol{{Type: "WEB", Internal: innerEWS, External: outerEWS}}}},
	{name: "autodiscoverpox/exhttp", do: askingPOX, want: &POXResponse{Protocols: []POXProtocol{{Type: "EXHTTP", EWSURL: outerEWS}, {Type: "EXPR"}}}},
	{name: "autodiscoverpox/redirect-address", do: askingPOX, want: &POXResponse{Redirect: "RedirectAddress", RedirectTarget: "u1@example.mail.onmicrosoft.com"}},
	{name: "autodiscoverpox/redirect-url", do: askingPOX,
		want: &POXResponse{Redirect: "RedirectUrl", RedirectTarget: "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"}},
	poxFails("error-500", "500", "The e-mail address cannot be found."),
	poxFails("error-501", "501", "There is nothing to offer for this address."),
	poxFails("error-600", "600", "Invalid Request"),
	poxFails("error-601", "601", "The provider is not available."),
	poxFails("error-602", "602", "The configuration is wrong."),
	poxFails("error-603", "603", "An internal error."),
	poxFails("no-code", ConditionMalformed, "an Error without an ErrorCode"),
	poxFails("unknown-action", ConditionMalformed, "an Account with the Action dance"),
	poxFails("empty", ConditionNotSOAP, "the Autodiscover holds no response"),
	poxFails("html", ConditionNotSOAP, "the answer is a document of html, not of Autodiscover"),
	poxFails("cut", ConditionTruncated, "the answer ended inside an envelope"),
}

func TestPOXSettingsByTheNamesOfSOAP(t *testing.T) {
	tests := map[string]struct{ external, internal, grouping string }{
		"settings": {outerEWS, innerEWS, "CONTOSO-1"},
		"web-only": {outerEWS, innerEWS, ""},
		"exhttp":   {outerEWS, "", ""},
	}
	for name, want := range tests {
		body := wire(t, "autodiscoverpox/"+name+".res.xml")
		r, err := clientOf(&http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body))}).AutodiscoverPOX(t.Context(), poxURL, "u1@example.com")
		if err != nil {
			t.Fatal(err)
		}
		have := r.Settings()
		if have["ExternalEwsUrl"] != want.external || have["InternalEwsUrl"] != want.internal || have["GroupingInformation"] != want.grouping {
			t.Errorf("%s: have %v, want %+v", name, have, want)
		}
	}
}

func TestPOXWithoutAnAddressIsNotSent(t *testing.T) {
	if _, err := NewClient(Options{}).AutodiscoverPOX(t.Context(), poxURL, ""); code(err) != ConditionRequest {
		t.Errorf("have %v", err)
	}
}

// TestGromoxPOX: gromox has the plain-XML service alone; of a user it does not know it says 404, a number of its own.
func TestGromoxPOX(t *testing.T) {
	var have []string
	for _, x := range capture(t, "23-autodiscover.txt") {
		switch {
		case bytes.Contains(x.answer, []byte("application/json")):
		case bytes.HasPrefix(x.answer, []byte("HTTP/1.1 404")):
			_, err := clientOf(x.responses(t)[0]).GetUserSettings(t.Context(), someURL, GetUserSettingsRequest{Users: []string{"a"}, Settings: []string{"b"}})
			have = append(have, "SOAP "+code(err))
		default:
			r, err := clientOf(x.responses(t)[0]).AutodiscoverPOX(t.Context(), poxURL, "user01@gromox.test")
			if err != nil {
				have = append(have, code(err))
				continue
			}
			have = append(have, r.Settings()["ExternalEwsUrl"]+" "+r.Settings()["InternalEwsUrl"])
		}
	}
	const ews = "https://localhost:18443/EWS/Exchange.asmx"
	want := []string{"SOAP HTTP 404", "600", ews + " " + ews, ews + " " + ews, "HTTP 401", ews + " " + ews, "404"}
	if len(have) != len(want) {
		t.Fatalf("have %q, want %q", have, want)
	}
	for i := range want {
		if have[i] != want[i] {
			t.Errorf("exchange %d: have %q, want %q", i, have[i], want[i])
		}
	}
}
