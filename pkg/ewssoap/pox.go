package ewssoap

import (
	"context"
	"errors"
	"strings"
	"time"
)

// POXResponse is the answer of plain-XML Autodiscover ("plain old XML") about one user: its settings, or a redirect.
type POXResponse struct {
	Redirect       string        // "RedirectAddress" or "RedirectUrl", as SOAP Autodiscover calls them; empty: settings
	RedirectTarget string        // the address or URL a redirect points to
	Protocols      []POXProtocol // in the server's order
	Meta           Meta
}

// POXProtocol is one way to reach the mailbox.
type POXProtocol struct {
	Type     string        // EXCH: inside the network; EXPR: outside; WEB: what a browser uses; EXHTTP: either, only to clients that ask for it
	EWSURL   string        // EwsUrl, else ASUrl
	Grouping string        // GroupingInformation, under EXPR alone
	TTL      time.Duration // how long the settings are good for, told in hours; 0: it does not say, which means 1 h
	Internal string        // of WEB: the ASUrl inside the network
	External string        // of WEB: the ASUrl outside
}

// Settings gives the answer the names of SOAP Autodiscover: ExternalEwsUrl from EXPR, else from the outer part of WEB, else
// from EXHTTP; InternalEwsUrl from EXCH, else from the inner part of WEB; GroupingInformation from EXPR. What is not there
// is absent.
func (r *POXResponse) Settings() map[string]string {
	external := [3]string{}
	internal := [2]string{}
	settings := map[string]string{}
	for _, p := range r.Protocols {
		switch strings.ToUpper(p.Type) {
		case "EXPR":
			keep(&external[0], p.EWSURL)
			if p.Grouping != "" {
				settings["GroupingInformation"] = p.Grouping
			}
		case "EXHTTP":
			keep(&external[2], p.EWSURL)
		case "EXCH":
			keep(&internal[0], p.EWSURL)
		case "WEB":
			keep(&external[1], p.External)
			keep(&internal[1], p.Internal)
		}
	}
	if url := firstOf(external[:]...); url != "" {
		settings["ExternalEwsUrl"] = url
	}
	if url := firstOf(internal[:]...); url != "" {
		settings["InternalEwsUrl"] = url
	}
	return settings
}

// keep stores the first value that is not empty.
func keep(to *string, value string) { *to = firstOf(*to, value) }

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// poxAnswer is the wire form: an Account or an Error inside of Response.
type poxAnswer struct {
	Error *struct {
		Code string `xml:"ErrorCode"`
		Text string `xml:"Message"`
	} `xml:"Error"`
	Account *struct {
		Action       string         `xml:"Action"`
		RedirectAddr string         `xml:"RedirectAddr"`
		RedirectURL  string         `xml:"RedirectUrl"`
		Protocols    []wireProtocol `xml:"Protocol"`
	} `xml:"Account"`
}

type wireProtocol struct {
	Type     string   `xml:"Type"`
	EwsURL   string   `xml:"EwsUrl"`
	ASURL    string   `xml:"ASUrl"`
	Grouping string   `xml:"GroupingInformation"`
	TTL      string   `xml:"TTL"`
	Internal []string `xml:"Internal>Protocol>ASUrl"`
	External []string `xml:"External>Protocol>ASUrl"`
}

func (a *poxAnswer) empty() bool { return a.Error == nil && a.Account == nil }

// AutodiscoverPOX asks the plain-XML Autodiscover service at url about one user (MS-OXDSCLI; office-developer-exchange-docs,
// "POX Autodiscover web service reference"). It is for servers without the SOAP service, and knows neither several users
// nor a choice of settings. An Error in the answer is returned as *[Error] with the ErrorCode as it is: "500" (no such
// address), "501" (nothing to offer), "600" (malformed request), "601" (schema not served), "602" (configuration), "603"
// (internal).
func (c *Client) AutodiscoverPOX(ctx context.Context, url, address string) (*POXResponse, error) {
	const op = "AutodiscoverPOX"
	if address == "" {
		return nil, refuse(op, errors.New("no address"))
	}
	var a poxAnswer
	t, err := c.do(ctx, poxRequest(op, url, address), &a)
	if err != nil {
		return nil, err
	}
	if a.Error != nil {
		code := strings.TrimSpace(a.Error.Code)
		if code == "" {
			return nil, t.fail(ConditionMalformed, "an Error without an ErrorCode")
		}
		return nil, t.fail(code, strings.TrimSpace(a.Error.Text))
	}
	return a.response(t)
}

func (a *poxAnswer) response(t *trip) (*POXResponse, error) {
	r := &POXResponse{Meta: t.meta}
	switch action := strings.TrimSpace(a.Account.Action); strings.ToLower(action) {
	case "redirectaddr":
		r.Redirect, r.RedirectTarget = "RedirectAddress", strings.TrimSpace(a.Account.RedirectAddr)
	case "redirecturl":
		r.Redirect, r.RedirectTarget = "RedirectUrl", strings.TrimSpace(a.Account.RedirectURL)
	case "settings":
		for _, p := range a.Account.Protocols {
			r.Protocols = append(r.Protocols, p.protocol())
		}
	default:
		return nil, t.fail(ConditionMalformed, "an Account with the Action "+clip(action))
	}
	return r, nil
}

func (w wireProtocol) protocol() POXProtocol {
	url := strings.TrimSpace(w.EwsURL)
	if url == "" {
		url = strings.TrimSpace(w.ASURL)
	}
	return POXProtocol{
		Type: strings.TrimSpace(w.Type), EWSURL: url, Grouping: strings.TrimSpace(w.Grouping),
		TTL:      durationOf(w.TTL, time.Hour),
		Internal: strings.TrimSpace(firstOf(w.Internal...)), External: strings.TrimSpace(firstOf(w.External...)),
	}
}

func poxRequest(op, url, address string) request {
	w := new(xmlWriter)
	w.buf.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	w.open("Autodiscover", "xmlns", poxRequestNamespace)
	w.open("Request")
	w.text("EMailAddress", address)
	w.text("AcceptableResponseSchema", poxResponseSchema)
	w.close("Request")
	w.close("Autodiscover")
	return request{op: op, answer: "Autodiscover", url: url, body: w.buf.Bytes(), plain: true,
		label: AutodiscoverLabel + " " + address}
}
