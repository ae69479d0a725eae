package autodiscover

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// CheckAllow says what is wrong with a pattern of [Options.Allow]: it must be the name of a host, or *. and a domain,
// which stands for every host under that domain, at any depth. A pattern that is wrong allows nothing.
func CheckAllow(pattern string) error {
	name, wild := strings.CutPrefix(pattern, "*.")
	switch {
	case !isHostName(name):
		return fmt.Errorf("%q is neither a host nor *. and a domain", pattern)
	case wild && !strings.Contains(name, "."):
		return fmt.Errorf("%q allows a whole top-level domain", pattern)
	}
	return nil
}

// allowed reports whether requests to a host may carry credentials, for mailboxes of a domain.
func (c *Client) allowed(host, domain string) bool {
	host = canonicalHost(host)
	if host == "" {
		return false
	}
	return host == c.configured || host == domain || strings.HasSuffix(host, "."+domain) ||
		slices.ContainsFunc(c.o.Allow, func(pattern string) bool { return CheckAllow(pattern) == nil && matches(pattern, host) })
}

func matches(pattern, host string) bool {
	if domain, wild := strings.CutPrefix(pattern, "*"); wild {
		return strings.HasSuffix(host, canonicalHost(domain))
	}
	return host == canonicalHost(pattern)
}

func canonicalHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return canonicalHost(u.Hostname())
}

// isHostName recognises what can stand in a URL as a host, without a port.
func isHostName(name string) bool {
	if name == "" || len(name) > 253 || strings.Contains(name, "..") || strings.HasPrefix(name, ".") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`/\?#@:[]%*,"<>'`, r)
	})
}

// domainOf is the domain of an address; empty when the address is none.
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || strings.ContainsAny(address, " \t\r\n") {
		return ""
	}
	domain := canonicalHost(address[at+1:])
	if !isHostName(domain) {
		return ""
	}
	return domain
}
