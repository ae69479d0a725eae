package main

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// delegate reads what an account may do in a mailbox without impersonating it.
func (r *reader) delegate(key string, node *yaml.Node, m *mailbox) {
	var d exchangesim.Delegation
	var permission string
	r.mapping(key, node, fields{"account": r.text(&d.Account), "permission": r.text(&permission), "folders": r.texts(&d.Folders)})
	d.Permission = exchangesim.Permission(permission)
	if err := d.Validate(); err != nil {
		r.wrong(node.Line, key, err.Error())
	}
	known := exchangesim.FolderNames()
	for _, name := range d.Folders {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			r.wrong(node.Line, key+".folders", fmt.Sprintf("%q is no folder of a new mailbox: write one of %s", name, strings.Join(known, ", ")))
		}
	}
	m.delegates = append(m.delegates, d)
}

// discovery reads what Autodiscover says of an address.
func (r *reader) discovery(key string, node *yaml.Node) {
	var d discovery
	r.mapping(key, node, fields{
		"address": r.text(&d.address), "redirectAddress": r.text(&d.RedirectAddress), "redirectUrl": r.text(&d.RedirectURL),
		"error": r.text(&d.Error), "ewsUrl": r.text(&d.EWSURL), "without": r.texts(&d.Without),
	})
	if !strings.Contains(d.address, "@") {
		r.wrong(node.Line, key+".address", fmt.Sprintf("%q is no SMTP address: write one such as anna@example.com", d.address))
	}
	if err := d.Validate(); err != nil {
		r.wrong(node.Line, key, err.Error())
	}
	r.read.discoveries = append(r.read.discoveries, d)
}
