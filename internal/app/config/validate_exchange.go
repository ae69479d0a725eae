package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

func (r *reading) validateExchange(needs Needs) {
	e := r.cfg.Exchange
	r.endpoint("exchange.url", string(e.URL), "https://mail.example.com/EWS/Exchange.asmx")
	r.endpoint("exchange.autodiscover.url", e.Autodiscover.URL, "https://autodiscover.example.com/autodiscover/autodiscover.svc")
	if e.URL != "" && e.Autodiscover.URL != "" {
		r.wrong("exchange.url", "set together with exchange.autodiscover.url", "keep exchange.url for one fixed endpoint, exchange.autodiscover.url to have it discovered")
	}
	for _, host := range e.Autodiscover.Allow {
		if err := autodiscover.CheckAllow(host); err != nil {
			r.wrong("exchange.autodiscover.allow", err.Error(), "write names such as autodiscover.example.net, or *.outlook.com for all hosts of a domain")
		}
	}
	r.oneOf("exchange.version", e.Version, serverVersions())
	r.between("exchange.concurrency", e.Concurrency, 1, 1000)
	r.oneOf("exchange.tls.minVersion", e.TLS.MinVersion, []string{"1.2", "1.3"})
	r.keyPair("exchange.tls", e.TLS.Cert, e.TLS.Key, needs&NeedExchange != 0)
	if needs&NeedExchange != 0 {
		r.readable("exchange.tls.ca", e.TLS.CA)
		r.validateDelegate()
	}
	r.validateAccount(needs)
}

// validateDelegate: a delegate names folders and whose they are; "all folders" has
// no place for that in a Subscribe, and would mean the account's own mailbox.
func (r *reading) validateDelegate() {
	if !r.cfg.Exchange.Impersonation && len(r.cfg.Subscribe.Folders) == 0 {
		r.wrong("subscribe.folders", "all folders cannot be subscribed without impersonation",
			"name folders, such as [inbox], or set exchange.impersonation to true")
	}
}

func (r *reading) validateMailboxes(needs Needs) {
	path := r.cfg.Mailboxes.List
	if needs&NeedDiscovery == 0 {
		return
	}
	if path == "" {
		r.wrong("mailboxes.list", "not set", "write the path of a file that lists the wanted mailboxes, one address a line")
		return
	}
	_, err := maillist.Read(path)
	var invalid *maillist.Error
	switch {
	case errors.As(err, &invalid):
		for _, line := range invalid.Lines {
			r.add(Problem{Where: at(invalid.Path, line.Number), Wrong: line.Err.Error(), line: r.lines["mailboxes.list"]})
		}
	case err != nil:
		r.wrong("mailboxes.list", err.Error(), "write the path of a readable file")
	}
}

// endpoint checks the address of a service. http is for simulators and for
// gateways that end TLS.
func (r *reading) endpoint(key, address, example string) {
	if address == "" {
		return
	}
	parsed := r.url(key, address, urlRules{schemes: []string{"https", "http"}, example: example, login: "write exchange.account"})
	if parsed != nil && strings.Trim(parsed.Path, "/") == "" {
		r.wrong(key, fmt.Sprintf("%q names no service on its host", address), "write it with its path, such as "+example)
	}
}

type urlRules struct {
	schemes []string
	example string
	login   string // where user and password belong
}

// url checks a URL; nil when it is wrong. One that holds a password is not shown.
func (r *reading) url(key, address string, rules urlRules) *url.URL {
	parsed, err := url.Parse(address)
	switch {
	case err != nil && strings.Contains(address, "@"), err == nil && parsed.User != nil:
		r.wrong(key, "the URL holds a user or a password", "take it out and "+rules.login)
	case err != nil || parsed.Hostname() == "":
		r.wrong(key, fmt.Sprintf("%q is not a URL with a host", address), "write one such as "+rules.example)
	case !slices.Contains(rules.schemes, parsed.Scheme):
		r.wrong(key, fmt.Sprintf("%q has the scheme %q", address, parsed.Scheme), "begin with "+strings.Join(rules.schemes, ":// or ")+"://")
	default:
		return parsed
	}
	return nil
}
