package main

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func (r *reader) organisation(root *yaml.Node) {
	r.lines = map[string]int{}
	r.mapping("", root, fields{
		"servers":      r.texts(&r.read.servers),
		"accounts":     func(key string, n *yaml.Node) { r.list(key, n, r.account) },
		"mailboxes":    func(key string, n *yaml.Node) { r.list(key, n, r.mailbox) },
		"autodiscover": func(key string, n *yaml.Node) { r.list(key, n, r.discovery) },
		"profile":      r.profile,
	})
	if len(r.read.mailboxes) == 0 && len(r.problems) == 0 {
		r.wrong(root.Line, "mailboxes", "there is none: list at least one, such as - address: anna@example.com")
	}
}

func (r *reader) profile(key string, node *yaml.Node) {
	var err error
	if r.read.profile, err = exchangesim.ParseProfile(node.Value); err != nil {
		r.wrong(node.Line, key, err.Error())
	}
}

func (r *reader) account(key string, node *yaml.Node) {
	a := account{impersonates: true}
	r.mapping(key, node, fields{"name": r.text(&a.name), "password": r.text(&a.password), "impersonates": r.boolean(&a.impersonates)})
	if a.name == "" || a.password == "" {
		r.wrong(node.Line, key, "an account needs name and password")
	}
	r.read.accounts = append(r.read.accounts, a)
	r.lines[key] = node.Line
}

func (r *reader) mailbox(key string, node *yaml.Node) {
	var m mailbox
	r.mapping(key, node, fields{
		"address": r.text(&m.address), "server": r.text(&m.server), "grouping": r.text(&m.grouping), "rights": r.texts(&m.rights),
		"delegates": func(key string, n *yaml.Node) {
			r.list(key, n, func(key string, n *yaml.Node) { r.delegate(key, n, &m) })
		},
	})
	if local, domain, ok := strings.Cut(m.address, "@"); !ok || local == "" || domain == "" {
		r.wrong(node.Line, key+".address", fmt.Sprintf("%q is no SMTP address: write one such as anna@example.com", m.address))
	}
	r.read.mailboxes = append(r.read.mailboxes, m)
	r.lines[key] = node.Line
}

// check finds what is wrong between the entries, and fills what they leave out.
func (r *reader) check() {
	o := &r.read
	declared := len(o.servers) > 0
	if !declared && slices.ContainsFunc(o.mailboxes, func(m mailbox) bool { return m.server == "" }) {
		o.servers = []string{"ex01.sim.test"}
	}
	accounts, addresses := map[string]bool{}, map[string]bool{}
	for i, a := range o.accounts {
		key := fmt.Sprintf("accounts[%d]", i+1)
		if accounts[a.name] {
			r.wrong(r.lines[key], key+".name", fmt.Sprintf("%q is there already: take one of them out", a.name))
		}
		accounts[a.name] = true
	}
	for i := range o.mailboxes {
		m, key := &o.mailboxes[i], fmt.Sprintf("mailboxes[%d]", i+1)
		line, address := r.lines[key], strings.ToLower(m.address)
		if addresses[address] {
			r.wrong(line, key+".address", fmt.Sprintf("%q is there already: take one of them out", m.address))
		}
		addresses[address] = true
		if m.server == "" {
			m.server = o.servers[i%len(o.servers)]
		}
		if m.grouping == "" {
			m.grouping = "Default-First-Site-Name" // the name of an AD site that nobody renamed
		}
		if declared && !slices.ContainsFunc(o.servers, func(s string) bool { return strings.EqualFold(s, m.server) }) {
			r.wrong(line, key+".server", fmt.Sprintf("%q is not in servers: add it there, or write one of %s", m.server, strings.Join(o.servers, ", ")))
		}
		for i, d := range m.delegates {
			if !accounts[d.Account] && !strings.Contains(d.Account, "@") {
				r.wrong(line, fmt.Sprintf("%s.delegates[%d].account", key, i+1), fmt.Sprintf("%q is no account and no address: add it to accounts", d.Account))
			}
		}
		for _, name := range m.rights {
			if !accounts[name] {
				r.wrong(line, key+".rights", fmt.Sprintf("%q is no account: add it to accounts", name))
			}
		}
	}
}

// configure sets what the file says of the server and of accounts.
func (o organisation) configure(c *exchangesim.Config) {
	c.Profile = o.profile
	if len(o.accounts) == 0 {
		return
	}
	c.Accounts, c.MayImpersonate = map[string]string{}, map[string]bool{}
	for _, a := range o.accounts {
		c.Accounts[a.name], c.MayImpersonate[a.name] = a.password, a.impersonates
	}
}

func (o organisation) populate(sim *exchangesim.Server) {
	for _, name := range o.servers {
		sim.AddServer(name)
	}
	for _, m := range o.mailboxes {
		sim.AddMailbox(m.address, m.server, m.grouping)
		if m.rights != nil {
			sim.LimitImpersonation(m.address, m.rights...)
		}
		for _, d := range m.delegates {
			sim.Delegate(m.address, d.Account, d.Permission, d.Folders...)
		}
	}
	for _, d := range o.discoveries {
		sim.SetAutodiscover(d.address, d.Discovery)
	}
}
