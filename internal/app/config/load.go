package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Needs says what a command cannot do without, beyond a configuration that is
// well formed.
type Needs int

// What a command may need.
const (
	// NeedNATS: the credentials of NATS can be read.
	NeedNATS Needs = 1 << iota
	// NeedExchange: an account is given and its secret can be read.
	NeedExchange
	// NeedDiscovery: it is given where mailboxes are discovered, and the mailbox
	// list, if one is named, can be read.
	NeedDiscovery
)

// Loader takes the configuration from flags, environment and file. A command
// makes it with its own flag set, adds flags of its own, parses, and loads.
type Loader struct {
	file  string
	flags map[string]string // by key
}

const fileVariable = "EWSNATS_CONFIG"

// NewLoader adds --config and a flag for every key to flags.
func NewLoader(flags *flag.FlagSet) *Loader {
	l := &Loader{flags: map[string]string{}}
	flags.StringVar(&l.file, "config", os.Getenv(fileVariable), "configuration `file`; environment: "+fileVariable)
	for _, s := range Default().settings() {
		keep := func(text string) error { l.flags[s.key] = text; return nil }
		usage := s.usage
		if shown := s.value.show(); shown != "" && !s.value.boolean {
			usage += " (default " + shown + ")"
		}
		if s.value.boolean {
			flags.BoolFunc(flagName(s.key), usage+" (default "+s.value.show()+")", keep)
			continue
		}
		flags.Func(flagName(s.key), usage, keep)
	}
	return l
}

// Load returns the configuration. The error is an *[Error] that holds everything
// that is wrong.
func (l *Loader) Load(needs Needs) (*Config, error) {
	cfg := Default()
	r := newReading(cfg)
	if l.file != "" {
		r.readFile(l.file)
	}
	for _, s := range r.settings {
		if text, set := os.LookupEnv(envName(s.key)); set {
			r.set(s, text, envName(s.key), 0)
		}
		if text, set := l.flags[s.key]; set {
			r.set(s, text, "--"+flagName(s.key), 0)
		}
	}
	r.validate(needs)
	if err := asError(r.problems); err != nil {
		return nil, err
	}
	return cfg, nil
}

// Parse is the whole command line of a stage: flags of the configuration, nothing
// else. Besides *[Error] it returns [flag.ErrHelp] after writing the usage to
// stderr, and *[UsageError].
func Parse(name string, args []string, stderr io.Writer, needs Needs) (*Config, error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	loader := NewLoader(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, &UsageError{Text: fmt.Sprintf("%v: run %s --help", err, name)}
	}
	if flags.NArg() > 0 {
		return nil, &UsageError{Text: fmt.Sprintf("unexpected argument %q: run %s --help", flags.Arg(0), name)}
	}
	return loader.Load(needs)
}

// Origin tells where a key's value comes from: file:line, an environment
// variable, a flag, or default.
func (c *Config) Origin(key string) string {
	if origin, set := c.origins[key]; set {
		return origin
	}
	return "default"
}

// reading is a Config under construction.
type reading struct {
	cfg      *Config
	settings []setting
	byKey    map[string]setting
	lines    map[string]int  // of the file, by key
	failed   map[string]bool // keys whose value could not be read
	problems []Problem
}

func newReading(cfg *Config) *reading {
	r := &reading{cfg: cfg, settings: cfg.settings(), byKey: map[string]setting{}, lines: map[string]int{}, failed: map[string]bool{}}
	cfg.origins = map[string]string{}
	for _, s := range r.settings {
		r.byKey[s.key] = s
	}
	return r
}

func (r *reading) add(p Problem) { r.problems = append(r.problems, p) }

func (r *reading) set(s setting, text, origin string, line int) {
	r.cfg.origins[s.key], r.lines[s.key] = origin, line
	if wrong := s.value.set(text); wrong != nil {
		r.failed[s.key] = true
		r.wrong(s.key, wrong.wrong, wrong.instead)
	}
}

// wrong reports a problem with a key, where its value comes from.
func (r *reading) wrong(key, wrong, instead string) {
	r.add(Problem{Where: r.cfg.origins[key], Key: key, Wrong: wrong, Instead: instead, line: r.lines[key]})
}

func (r *reading) isSection(key string) bool {
	return slices.ContainsFunc(r.settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
}

// namesBelow are the names that may stand directly below a section.
func (r *reading) namesBelow(prefix string) []string {
	var names []string
	for _, s := range r.settings {
		rest := s.key
		if prefix != "" {
			var below bool
			if rest, below = strings.CutPrefix(s.key, prefix+"."); !below {
				continue
			}
		}
		name, _, _ := strings.Cut(rest, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
