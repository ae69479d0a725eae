package main

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const goodFile = `# two sites
profile: exchange-2013
servers: [ex01.example.com, ex02.example.com]
accounts:
  - {name: svc, password: secret}
  - {name: weak, password: secret, impersonates: false}
mailboxes:
  - {address: anna@example.com, grouping: CONTOSO-1, rights: [svc]}
  - {address: bert@example.com, server: EX02.example.com}
  - {address: cora@example.com, rights: []}
  - address: dora@example.com
    delegates: [{account: weak, permission: full-access}, {account: anna@example.com, permission: reviewer, folders: [inbox, calendar]}]
autodiscover:
  - {address: emil@example.com, redirectAddress: emil@cloud.example.net}
  - {address: cora@example.com, without: [GroupingInformation]}
`

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sim.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFile(t *testing.T) {
	o, err := parse([]string{"-config", writeFile(t, goodFile)})
	if err != nil {
		t.Fatal(err)
	}
	want := organisation{
		profile:  exchangesim.Exchange2013,
		servers:  []string{"ex01.example.com", "ex02.example.com"},
		accounts: []account{{"svc", "secret", true}, {"weak", "secret", false}},
		mailboxes: []mailbox{
			{"anna@example.com", "ex01.example.com", "CONTOSO-1", []string{"svc"}, nil},
			{"bert@example.com", "EX02.example.com", "Default-First-Site-Name", nil, nil},
			{"cora@example.com", "ex01.example.com", "Default-First-Site-Name", []string{}, nil},
			{"dora@example.com", "ex02.example.com", "Default-First-Site-Name", nil, []exchangesim.Delegation{
				{Account: "weak", Permission: exchangesim.FullAccess},
				{Account: "anna@example.com", Permission: exchangesim.Reviewer, Folders: []string{"inbox", "calendar"}},
			}},
		},
		discoveries: []discovery{
			{"emil@example.com", exchangesim.Discovery{RedirectAddress: "emil@cloud.example.net"}},
			{"cora@example.com", exchangesim.Discovery{Without: []string{"GroupingInformation"}}},
		},
	}
	if !reflect.DeepEqual(*o.file, want) {
		t.Errorf("have %+v\nwant %+v", *o.file, want)
	}
	if o.config.Accounts["svc"] != "secret" || !o.config.MayImpersonate["svc"] || o.config.MayImpersonate["weak"] || o.config.Profile != exchangesim.Exchange2013 {
		t.Errorf("configured %+v", o.config)
	}
	sim := exchangesim.New(o.config)
	o.populate(sim)
	sim.Restart("ex02.example.com") // panics if there is none
	if it := sim.Deliver("cora@example.com"); it.ID == "" {
		t.Error("nothing delivered")
	}
}

func TestFileTellsLineAndKey(t *testing.T) {
	const anna = "mailboxes:\n- address: anna@example.com\n"
	for name, test := range map[string]struct{ content, want string }{
		"empty":           {"# nothing\n", ":1: mailboxes: the file is empty"},
		"no mailbox":      {"servers: [a]\n", ":1: mailboxes: there is none"},
		"no YAML":         {"a:\n\tb: 1\n", ":2: not valid YAML: found character that cannot start any token"},
		"profile":         {anna + "profile: exchange-5.5\n", `:3: profile: profile "exchange-5.5": use one of exchange-2010, `},
		"no mapping":      {"- a\n", ":1: is no mapping"},
		"unknown key":     {anna + "  colour: red\n", ":3: mailboxes[1].colour: unknown key: write one of address, delegates, grouping, rights, server"},
		"set twice":       {anna + "  address: a@b\n", ":3: mailboxes[1].address: set twice, first on line 2"},
		"no list":         {anna + "servers: ex01\n", ":3: servers: is no list"},
		"no value":        {anna + "  server:\n", ":3: mailboxes[1].server: has no value"},
		"no address":      {"mailboxes:\n- address: anna\n", `:2: mailboxes[1].address: "anna" is no SMTP address`},
		"address twice":   {anna + "- address: ANNA@example.com\n", `:3: mailboxes[2].address: "ANNA@example.com" is there already`},
		"unknown server":  {anna + "  server: b\nservers: [a]\n", `:2: mailboxes[1].server: "b" is not in servers`},
		"unknown account": {anna + "  rights: [svc]\n", `:2: mailboxes[1].rights: "svc" is no account`},
		"delegate":        {anna + "  delegates: [{account: x@y, permission: owner}]\n", `:3: mailboxes[1].delegates[1]: permission "owner": use none, reviewer, editor or full-access`},
		"no delegate":     {anna + "  delegates: [{account: svc, permission: editor}]\n", `:2: mailboxes[1].delegates[1].account: "svc" is no account and no address`},
		"whole mailbox":   {anna + "  delegates: [{account: x@y, permission: full-access, folders: [inbox]}]\n", `:3: mailboxes[1].delegates[1]: permission full-access is on all folders`},
		"no folder":       {anna + "  delegates: [{account: x@y, permission: editor, folders: [outbx]}]\n", `:3: mailboxes[1].delegates[1].folders: "outbx" is no folder of a new mailbox`},
		"two redirects":   {anna + "autodiscover: [{address: x@y, redirectAddress: a@b, error: '500'}]\n", `:3: autodiscover[1]: set one of redirectAddress, redirectUrl and error`},
		"no error code":   {anna + "autodiscover: [{address: x@y, error: Busy}]\n", `:3: autodiscover[1]: error "Busy": use one of InternalServerError`},
		"whose discovery": {anna + "autodiscover: [{error: InvalidUser}]\n", `:3: autodiscover[1].address: "" is no SMTP address`},
		"no password":     {anna + "accounts:\n- name: svc\n", ":4: accounts[1]: an account needs name and password"},
		"account twice":   {anna + "accounts:\n- {name: a, password: b}\n- {name: a, password: c}\n", `:5: accounts[2].name: "a" is there already`},
		"no boolean":      {anna + "accounts:\n- {name: a, password: b, impersonates: often}\n", `:4: accounts[1].impersonates: "often" is neither`},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, test.content)
			_, err := parse([]string{"-config", path})
			if err == nil || !strings.Contains(err.Error(), path+test.want) {
				t.Errorf("have %v, want %s", err, test.want)
			}
		})
	}
}

func FuzzFile(f *testing.F) {
	f.Add(goodFile)
	f.Add("mailboxes: [{address: &a x@y, server: *a}]\n")
	f.Fuzz(func(t *testing.T, content string) {
		o, err := readFile(writeFile(t, content))
		if err == nil {
			o.populate(exchangesim.New(exchangesim.Config{}))
		}
	})
}

// The same file and seed make the same choices and ids.
func TestSeedRepeats(t *testing.T) {
	play := func(seed string) (changes []exchangesim.Change) {
		o, err := parse([]string{"-config", writeFile(t, goodFile), "-seed", seed, "-rate", "20"})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			sim := exchangesim.New(o.config)
			o.populate(sim)
			go sim.Produce(t.Context(), o.rate, o.seed)
			time.Sleep(10 * time.Second)
			if err := sim.Close(); err != nil {
				t.Error(err)
			}
			changes = sim.Truth().Changes
		})
		return changes
	}
	first := play("7")
	if len(first) < 100 || !reflect.DeepEqual(first, play("7")) {
		t.Error("the same seed made other changes")
	}
	if reflect.DeepEqual(first, play("8")) {
		t.Error("another seed made the same changes")
	}
}

func TestPasswordOfTheFileIsAskedFor(t *testing.T) {
	base := serve(t, nil, "-config", writeFile(t, goodFile), "-rate", "0")
	res, err := http.Post(base+"/EWS/Exchange.asmx", "text/xml", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("have %s, want 401", res.Status)
	}
}
