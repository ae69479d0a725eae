package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ewsnats/ewsnats/internal/app/yamldoc"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// organisation is what a file of -config describes.
type organisation struct {
	servers     []string
	accounts    []account
	mailboxes   []mailbox
	discoveries []discovery
	profile     exchangesim.Profile
}

type account struct {
	name, password string
	impersonates   bool
}

type mailbox struct {
	address, server, grouping string
	rights                    []string // accounts that may impersonate it; nil: all that may impersonate
	delegates                 []exchangesim.Delegation
}

// discovery is what Autodiscover says of an address.
type discovery struct {
	address string
	exchangesim.Discovery
}

// readFile reads a file of -config. The error has a line for everything that is wrong.
func readFile(path string) (organisation, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return organisation{}, fmt.Errorf("-config: %w", err)
	}
	root, err := yamldoc.Decode(data)
	r := reader{path: path}
	var invalid *yamldoc.Error
	switch {
	case errors.As(err, &invalid):
		r.wrong(invalid.Line, "", invalid.Text)
	case root == nil:
		r.wrong(1, "mailboxes", "the file is empty: list at least one mailbox")
	default:
		r.organisation(root)
		r.check()
	}
	return r.read, r.err()
}

// reader walks the nodes of a file and collects what is wrong with them.
type reader struct {
	path     string
	read     organisation
	problems []problem
	lines    map[string]int // of mailboxes and accounts, by key
}

type problem struct {
	line int
	text string
}

func (r *reader) wrong(line int, key, text string) {
	where := fmt.Sprintf("%s:%d: ", r.path, line)
	if key != "" {
		where += key + ": "
	}
	r.problems = append(r.problems, problem{line, where + text})
}

func (r *reader) err() error {
	slices.SortStableFunc(r.problems, func(a, b problem) int { return cmp.Compare(a.line, b.line) })
	var all []error
	for _, p := range r.problems {
		all = append(all, errors.New(p.text))
	}
	return errors.Join(all...)
}

// fields are the keys of a mapping and what reads their values.
type fields map[string]func(key string, value *yaml.Node)

func (r *reader) mapping(prefix string, node *yaml.Node, known fields) {
	names := strings.Join(slices.Sorted(maps.Keys(known)), ", ")
	if node.Kind != yaml.MappingNode {
		r.wrong(node.Line, prefix, "is no mapping: write its keys, of "+names)
		return
	}
	seen := map[string]int{}
	for i := 0; i < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		key := strings.TrimPrefix(prefix+"."+name.Value, ".")
		line, twice := seen[name.Value]
		seen[name.Value] = name.Line
		switch read := known[name.Value]; {
		case twice:
			r.wrong(name.Line, key, fmt.Sprintf("set twice, first on line %d: keep one of them", line))
		case read == nil:
			r.wrong(name.Line, key, "unknown key: write one of "+names)
		default:
			read(key, value)
		}
	}
}

// list reads the entries of a sequence; their keys are counted from 1.
func (r *reader) list(key string, node *yaml.Node, entry func(key string, value *yaml.Node)) {
	if node.Kind != yaml.SequenceNode {
		r.wrong(node.Line, key, "is no list: write its entries with - in front")
		return
	}
	for i, value := range node.Content {
		entry(fmt.Sprintf("%s[%d]", key, i+1), value)
	}
}

// text reads a single value into a field.
func (r *reader) text(into *string) func(string, *yaml.Node) {
	return func(key string, value *yaml.Node) {
		if value.Kind != yaml.ScalarNode || value.Tag == "!!null" || value.Value == "" {
			r.wrong(value.Line, key, "has no value: write one, or take the line out")
			return
		}
		*into = value.Value
	}
}

func (r *reader) texts(into *[]string) func(string, *yaml.Node) {
	return func(key string, value *yaml.Node) {
		*into = []string{}
		r.list(key, value, func(key string, value *yaml.Node) {
			var text string
			r.text(&text)(key, value)
			*into = append(*into, text)
		})
	}
}

func (r *reader) boolean(into *bool) func(string, *yaml.Node) {
	return func(key string, value *yaml.Node) {
		var err error
		if *into, err = strconv.ParseBool(value.Value); err != nil {
			r.wrong(value.Line, key, fmt.Sprintf("%q is neither true nor false", value.Value))
		}
	}
}
