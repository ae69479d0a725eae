package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// options are the command line.
type options struct {
	listen    string
	addrFile  string
	mailboxes int
	servers   int
	keys      int
	domain    string
	rate      float64
	seed      int64
	login     login
	config    exchangesim.Config
	file      *organisation // what -config describes, or nil
	tls       tlsOptions
	control   string
	smtp      string
	watch     string
	probe     string
}

// parse reads the command line.
func parse(args []string) (options, error) {
	var o options
	var user, password, cookies, profile, path string
	f := flag.NewFlagSet("exchangesim", flag.ContinueOnError)
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	f.StringVar(&o.addrFile, "addr-file", "", "`file` to write the bound address to")
	f.IntVar(&o.mailboxes, "mailboxes", 30, "number of mailboxes, named user0001@DOMAIN and so on")
	f.IntVar(&o.servers, "servers", 2, "number of mailbox servers, named ex01.DOMAIN and so on")
	f.IntVar(&o.keys, "keys", 1, "number of GroupingInformation values, named SITE-1 and so on; each has its own servers")
	f.StringVar(&o.domain, "domain", "sim.test", "SMTP `domain` of the mailboxes and DNS domain of the servers")
	f.DurationVar(&o.config.Minute, "minute", time.Minute, "length of the server's minute")
	f.Float64Var(&o.rate, "rate", 1, "changes per `second` that users make in all mailboxes; 0 for none")
	f.Int64Var(&o.seed, "seed", 1, "seed of what users do")
	f.StringVar(&user, "user", "", "`name` of the account to ask for; empty: ask nothing")
	f.StringVar(&password, "password", "", "`password` of -user")
	f.StringVar(&o.login.method, "auth", "basic", "how -user logs in: basic or ntlm")
	f.StringVar(&o.login.binding, "binding", "allowed", "channel binding of NTLM: ignored, allowed or required")
	f.StringVar(&cookies, "cookies", "", "when X-BackEndOverrideCookie is set: on-anchor, never or always (default as the profile has it)")
	f.IntVar(&o.config.TruthLimit, "keep", 1_000_000, "number of entries that each list of /sim/truth keeps; 0 for all")
	f.StringVar(&profile, "profile", "", "server to pass for: exchange-2010, exchange-2013, exchange-2016, exchange-2019, exchange-se, exchange-online or gromox (default exchange-2019)")
	f.StringVar(&o.control, "control", "", "`address` for the control endpoint and its page alone, over http (default: beside EWS)")
	f.StringVar(&o.smtp, "smtp", "", "`address` to take mails at by SMTP (default: none)")
	f.StringVar(&o.watch, "watch", "", "`folder` whose .eml files are delivered: those in a subfolder ADDRESS to that mailbox, others by their header")
	f.StringVar(&o.probe, "probe", "", "`URL` of a running simulator's control endpoint to ask whether it is well: ends with 0 if so, and serves nothing")
	f.StringVar(&path, "config", "", "YAML `file` with servers, accounts and mailboxes, in place of -mailboxes, -servers, -keys, -domain, -user, -password and -profile")
	f.BoolVar(&o.tls.on, "tls", false, "serve https with a generated certificate")
	f.StringVar(&o.tls.names, "tls-names", "", "host `names` and IP addresses of the generated certificate, with commas between (default localhost,127.0.0.1,::1)")
	f.StringVar(&o.tls.caOut, "tls-ca-out", "", "`file` to write the certificate to that clients must trust, in PEM")
	f.StringVar(&o.tls.cert, "tls-cert", "", "serve https with the certificate of this PEM `file`")
	f.StringVar(&o.tls.key, "tls-key", "", "PEM `file` with the key of -tls-cert")
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	if user != "" {
		o.config.Accounts = map[string]string{user: password}
	}
	o.config.NoControl = o.control != ""
	var badCookies, badProfile error
	o.config.Cookies, badCookies = exchangesim.ParseCookieMode(cookies)
	o.config.Profile, badProfile = exchangesim.ParseProfile(profile)
	if err := errors.Join(badCookies, badProfile, o.check(f.Args()), o.tls.check(), o.login.check()); err != nil || path == "" {
		return o, err
	}
	return o, o.readFile(path, f)
}

// replacedByFile are the flags that say what a file says better.
var replacedByFile = []string{"mailboxes", "servers", "keys", "domain", "user", "password", "profile"}

// readFile takes the organisation from a file.
func (o *options) readFile(path string, set *flag.FlagSet) error {
	var twice error
	set.Visit(func(f *flag.Flag) {
		if slices.Contains(replacedByFile, f.Name) {
			twice = errors.Join(twice, fmt.Errorf("-%s: %s says that already: leave the flag or -config out", f.Name, path))
		}
	})
	file, err := readFile(path)
	file.configure(&o.config)
	o.file = &file
	return errors.Join(twice, err)
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.mailboxes < 0 || o.servers < 1 || o.keys < 1:
		return errors.New("-mailboxes counts from 0, -servers and -keys from 1")
	case o.keys > o.servers:
		return fmt.Errorf("-keys %d: every value needs a server of its own, and there are %d", o.keys, o.servers)
	case o.rate < 0 || o.config.Minute <= 0:
		return errors.New("-rate counts from 0, and -minute must be above it")
	}
	return nil
}

// populate makes what the file says, or spreads the mailboxes over the servers in turn, and the servers over the grouping values.
func (o options) populate(sim *exchangesim.Server) {
	if o.file != nil {
		o.file.populate(sim)
		return
	}
	server := func(i int) string { return fmt.Sprintf("ex%02d.%s", i+1, o.domain) }
	for i := range o.servers {
		sim.AddServer(server(i))
	}
	for i := range o.mailboxes {
		home := i % o.servers
		sim.AddMailbox(fmt.Sprintf("user%04d@%s", i+1, o.domain), server(home), fmt.Sprintf("SITE-%d", home%o.keys+1))
	}
}
