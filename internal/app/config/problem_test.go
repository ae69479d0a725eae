package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryProblemIsToldWithItsPlace(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "ewsnats.yaml", `
nats:
  ulr: nats://localhost:4222
  replicas: two
  password: hunter2
exchnage:
  url: https://mail.contoso.com/EWS/Exchange.asmx
exchange:
  url: ftp://mail.contoso.com/EWS/Exchange.asmx
  account:
  colour: green
groups: 200
subscribe:
  folders: [inbox, sentitem]
  events:
    - NewMialEvent
streamer:
  silence:
  silence: 110
  connectionTimeout: {min: 25m, max: 90s}
log:
  level: [info]
`)
	t.Setenv("EWSNATS_GROUPS_SIZE", "201")
	_, err := load(t, 0, "--config", "ewsnats.yaml", "--log-format", "xml")
	want := strings.TrimSpace(`
EWSNATS_GROUPS_SIZE: groups.size: 201 is out of range: write a number from 1 to 200
--log-format: log.format: "xml" is not known: write one of json, text
ewsnats.yaml:3: nats.ulr: unknown key: did you mean url?
ewsnats.yaml:4: nats.replicas: "two" is not a whole number: write digits only, such as 10
ewsnats.yaml:5: nats.password: is a section, not a value: secrets do not stand in the file: write {file: PATH} or {env: NAME}
ewsnats.yaml:6: exchnage: unknown key: did you mean exchange?
ewsnats.yaml:9: exchange.url: "ftp://mail.contoso.com/EWS/Exchange.asmx" has the scheme "ftp": begin with https:// or http://
ewsnats.yaml:11: exchange.colour: unknown key: write one of url, autodiscover, account, impersonation, version, fixedVersion, clientStatistics, tls, concurrency
ewsnats.yaml:12: groups: is a section, not a value: write its keys below it: size, quiet
ewsnats.yaml:14: subscribe.folders: unknown folder "sentitem": did you mean sentitems?
ewsnats.yaml:15: subscribe.events: unknown event "NewMialEvent": did you mean NewMailEvent?
ewsnats.yaml:18: streamer.silence: has no value: write one, or take the line out
ewsnats.yaml:19: streamer.silence: set twice, first on line 18: keep one of them
ewsnats.yaml:20: streamer.connectionTimeout.max: Exchange does not accept a ConnectionTimeout of 1m30s: write whole minutes from 1m to 30m
ewsnats.yaml:20: streamer.connectionTimeout.min: 25m0s is longer than streamer.connectionTimeout.max, 1m30s: write the shorter one as min
ewsnats.yaml:22: log.level: must be a single value: write level: VALUE
`)
	if err == nil {
		t.Fatal("have no error")
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("want - have +:\n%s", diff)
	}
}

func TestSingleProblems(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string // without origin
	}{
		"no NATS server":      {[]string{"--nats-url="}, "nats.url: no server is named: write one such as nats://localhost:4222"},
		"NATS without scheme": {[]string{"--nats-url=localhost:4222"}, `nats.url: "localhost:4222" is not a URL with a host: write one such as nats://localhost:4222`},
		"one of two servers":  {[]string{"--nats-url=nats://a:4222,http://b:4222"}, `nats.url: "http://b:4222" has the scheme "http": begin with nats:// or tls:// or ws:// or wss://`},
		"password in a URL":   {[]string{"--nats-url=nats://ewsnats:hunter2@a:4222"}, "nats.url: the URL holds a user or a password: take it out and write nats.user and nats.password"},
		"bad URL with login":  {[]string{"--nats-url=nats://ewsnats:hunter2%@a:4222"}, "nats.url: the URL holds a user or a password: take it out and write nats.user and nats.password"},
		"prefix":              {[]string{"--nats-prefix=ews.test"}, `nats.prefix: "ews.test" cannot begin a subject: write letters, digits, - and _ only`},
		"replicas":            {[]string{"--nats-replicas=2"}, "nats.replicas: 2 copies are not possible: write 1, 3 or 5"},
		"two logins":          {[]string{"--nats-credentials=a", "--nats-nkey=b"}, "nats.nkey: NATS would be logged in to in two ways: nats.credentials, nats.nkey: keep one of them"},
		"password for no one": {[]string{"--nats-password-env=X"}, "nats.user: not set, though nats.password is: write whose password it is"},
		"user only":           {[]string{"--nats-user=x"}, "nats.password: not set, though nats.user is: write {file: PATH} or {env: NAME}"},
		"OAuth for nobody":    {[]string{"--exchange-account-oauth-tenant=t", "--exchange-account-oauth-secret-env=HOME"}, "exchange.account.oauth.clientID: not set: write the id of the application"},
		"OAuth nowhere":       {[]string{"--exchange-account-oauth-client-id=a", "--exchange-account-oauth-secret-env=HOME"}, "exchange.account.oauth.tenant: it takes either a tenant or a tokenURL: write the tenant of Microsoft Entra, or the endpoint of another server"},
		"OAuth unproven":      {[]string{"--exchange-account-oauth-client-id=a", "--exchange-account-oauth-token-url=https://a/t"}, "exchange.account.oauth.secret: it takes either a secret or a certificate: write secret: {file: PATH}, or certificate: {cert: PATH, key: PATH}"},
		"OAuth and a user":    {[]string{"--exchange-account-oauth-client-id=a", "--exchange-account-oauth-token-url=https://a/t", "--exchange-account-oauth-secret-env=HOME", "--exchange-account-user=svc"}, "exchange.account.oauth: set together with another account: keep oauth, or the user, or the bearer token"},
		"OAuth without scope": {[]string{"--exchange-account-oauth-client-id=a", "--exchange-account-oauth-tenant=t", "--exchange-account-oauth-secret-env=HOME", "--exchange-account-oauth-scope="}, "exchange.account.oauth.scope: empty: take the line out"},
		"trace nowhere":       {[]string{"--trace-only=all"}, "trace.dir: not set, though trace.only is: write the path of a folder, or take trace.only out"},
		"small trace":         {[]string{"--trace-max-bytes=1KiB"}, "trace.maxBytes: 1KiB does not hold a large answer: write a size of at least 64KiB, such as 16MiB"},
		"few traces":          {[]string{"--trace-max-files=1"}, "trace.maxFiles: 1 is out of range: write a number from 2 to 100000"},
		"key only":            {[]string{"--exchange-tls-key=x"}, "exchange.tls: cert and key belong together, and only one of them is set: write both, or neither"},
		"TLS version":         {[]string{"--exchange-tls-min-version=1.1"}, "exchange.tls.minVersion: \"1.1\" is not known: did you mean 1.2?"},
		"certificate only":    {[]string{"--nats-tls-cert=x"}, "nats.tls: cert and key belong together, and only one of them is set: write both, or neither"},
		"embedded listener":   {[]string{"--nats-embedded-listen=nats://a:4222"}, `nats.embedded.listen: "nats://a:4222" is not host:port: write an address such as 127.0.0.1:4222`},
		"no events kept":      {[]string{"--nats-events-max-bytes=0B"}, "nats.events.maxBytes: no event would be kept: write a size below the volume's, such as 10GiB"},
		"age":                 {[]string{"--nats-events-max-age=7d"}, `nats.events.maxAge: "7d" is not a duration: write a number with its unit, such as 500ms, 110s, 25m or 24h`},
		"no age":              {[]string{"--nats-events-max-age=0s"}, "nats.events.maxAge: 0s is not longer than nothing: write a duration above 0s"},
		"size":                {[]string{"--nats-events-max-bytes=10G"}, `nats.events.maxBytes: "10G" is not a size: write a number with its unit, such as 64MiB or 10GiB`},
		"EWS host only":       {[]string{"--exchange-url=https://mail.contoso.com/"}, `exchange.url: "https://mail.contoso.com/" names no service on its host: write it with its path, such as https://mail.example.com/EWS/Exchange.asmx`},
		"EWS without host":    {[]string{"--exchange-url=https:///EWS/Exchange.asmx"}, `exchange.url: "https:///EWS/Exchange.asmx" is not a URL with a host: write one such as https://mail.example.com/EWS/Exchange.asmx`},
		"two endpoints":       {[]string{"--exchange-url=https://a/ews", "--exchange-autodiscover-url=https://a/auto"}, "exchange.url: set together with exchange.autodiscover.url: keep exchange.url for one fixed endpoint, exchange.autodiscover.url to have it discovered"},
		"allowed URL":         {[]string{"--exchange-autodiscover-allow=*.a.b,https://a.b"}, `exchange.autodiscover.allow: "https://a.b" is neither a host nor *. and a domain: write names such as autodiscover.example.net, or *.outlook.com for all hosts of a domain`},
		"all hosts allowed":   {[]string{"--exchange-autodiscover-allow=*.com"}, `exchange.autodiscover.allow: "*.com" allows a whole top-level domain: write names such as autodiscover.example.net, or *.outlook.com for all hosts of a domain`},
		"version":             {[]string{"--exchange-version=Exchange2013SP1"}, `exchange.version: "Exchange2013SP1" is not known: did you mean Exchange2013_SP1?`},
		"version too old":     {[]string{"--exchange-version=Exchange2007"}, `exchange.version: "Exchange2007" is not known: did you mean Exchange2013?`},
		"two passwords":       {[]string{"--exchange-account-user=x", "--exchange-account-password-env=X", "--exchange-account-password-file=x"}, "exchange.account.password.file: refers to a file and to an environment variable: keep either exchange.account.password.file or exchange.account.password.env"},
		"two accounts":        {[]string{"--exchange-account-user=x", "--exchange-account-password-env=X", "--exchange-account-bearer-env=Y"}, "exchange.account.bearer: set together with a user or a password: keep user and password, or the bearer token"},
		"account user":        {[]string{"--exchange-account-password-env=X"}, "exchange.account.user: not set, though exchange.account.password is: write whose password it is"},
		"account password":    {[]string{"--exchange-account-user=x"}, "exchange.account.password: not set, though exchange.account.user is: write {file: PATH} or {env: NAME}"},
		"method":              {[]string{"--exchange-account-method=kerberos", "--exchange-account-user=x", "--exchange-account-password-env=X"}, `exchange.account.method: "kerberos" is not known: write one of basic, ntlm, negotiate`},
		"method for nobody":   {[]string{"--exchange-account-method=ntlm"}, "exchange.account: no account is given: write user and password, bearer, or oauth"},
		"method of a token":   {[]string{"--exchange-account-method=ntlm", "--exchange-account-bearer-env=X"}, "exchange.account.method: set together with oauth or a bearer token: take it out: it is how a user logs in"},
		"NTLM by a keytab":    {[]string{"--exchange-account-method=ntlm", "--exchange-account-user=x", "--exchange-account-password-env=X", "--exchange-account-kerberos-keytab=x"}, "exchange.account.kerberos: set, though exchange.account.method is not negotiate: write method: negotiate, or take it out"},
		"two sources":         {[]string{"--exchange-account-method=negotiate", "--exchange-account-user=x", "--exchange-account-password-env=X", "--exchange-account-kerberos-keytab=x"}, "exchange.account.kerberos: a ticket is got by one of password, keytab and ccache, and 2 of them are set: write exchange.account.password, kerberos.keytab or kerberos.ccache"},
		"no source":           {[]string{"--exchange-account-method=negotiate", "--exchange-account-user=x"}, "exchange.account.kerberos: a ticket is got by one of password, keytab and ccache, and 0 of them are set: write exchange.account.password, kerberos.keytab or kerberos.ccache"},
		"cache of a user":     {[]string{"--exchange-account-method=negotiate", "--exchange-account-user=x", "--exchange-account-kerberos-ccache=x"}, "exchange.account.kerberos.ccache: set together with a user or a realm: take them out: the cache says whose it is"},
		"keytab of nobody":    {[]string{"--exchange-account-method=negotiate", "--exchange-account-kerberos-keytab=x"}, "exchange.account.user: not set, though exchange.account.method is negotiate: write the name of the principal, such as svc@EXAMPLE.COM"},
		"two realms":          {[]string{"--exchange-account-method=negotiate", "--exchange-account-user=x@A.B", "--exchange-account-kerberos-realm=B.C", "--exchange-account-kerberos-keytab=x"}, "exchange.account.kerberos.realm: set, though exchange.account.user names the realm A.B: keep one of them"},
		"boolean":             {[]string{"--exchange-impersonation=no"}, `exchange.impersonation: "no" is neither true nor false: write true or false`},
		"concurrency":         {[]string{"--exchange-concurrency=0"}, "exchange.concurrency: 0 is out of range: write a number from 1 to 1000"},
		"group size":          {[]string{"--groups-size=0"}, "groups.size: 0 is out of range: write a number from 1 to 200"},
		"minutes":             {[]string{"--streamer-connection-timeout-max=31m"}, "streamer.connectionTimeout.max: Exchange does not accept a ConnectionTimeout of 31m0s: write whole minutes from 1m to 30m"},
		"folder id":           {[]string{"--subscribe-folders=AAMkAGI="}, `subscribe.folders: unknown folder "AAMkAGI=": write one of ` + strings.Join(folderNames(), ", ")},
		"id":                  {[]string{"--id=node 1"}, `id: "node 1" cannot name a process: write at most 64 letters, digits, dots, - and _`},
		"long id":             {[]string{"--id=" + strings.Repeat("x", 65)}, `id: "` + strings.Repeat("x", 65) + `" cannot name a process: write at most 64 letters, digits, dots, - and _`},
		"short lease":         {[]string{"--lease-ttl=2999ms"}, "lease.ttl: 2.999s is out of range: write a duration from 3s to 1m0s"},
		"long lease":          {[]string{"--lease-ttl=61s"}, "lease.ttl: 1m1s is out of range: write a duration from 3s to 1m0s"},
		"HTTP listener":       {[]string{"--http-listen=8080"}, `http.listen: "8080" is not host:port: write an address such as 0.0.0.0:8080`},
		"file":                {[]string{"--config=missing.yaml"}, "missing.yaml: the configuration file cannot be read: open missing.yaml: no such file or directory"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			_, err := load(t, 0, tt.args...)
			var invalid *Error
			if !errors.As(err, &invalid) || len(invalid.Problems) != 1 {
				t.Fatalf("have %v, want one problem", err)
			}
			have := invalid.Problems[0]
			if strings.HasPrefix(have.Where, "--") {
				have.Where = ""
			}
			if have.String() != tt.want {
				t.Errorf("have %s\nwant %s", have, tt.want)
			}
		})
	}
}

func TestSyntaxProblem(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "ewsnats.yaml", "nats:\n\turl: x\n")
	_, err := load(t, 0, "--config", "ewsnats.yaml")
	if want := "ewsnats.yaml:2: not valid YAML: found character that cannot start any token"; err == nil || err.Error() != want {
		t.Errorf("have %v, want %s", err, want)
	}
}

func TestFolderIDIsAccepted(t *testing.T) {
	id := "AAMkAGI2TG93AAA" + strings.Repeat("A", 105)
	cfg, err := load(t, 0, "--subscribe-folders", id)
	if err != nil || len(cfg.Subscribe.Folders) != 1 || cfg.Subscribe.Folders[0] != id {
		t.Errorf("have %+v, %v, want the id", cfg, err)
	}
}

func TestErrorIsACodeOfItsOwn(t *testing.T) {
	if have := (&Error{}).ExitCode(); have != 78 {
		t.Errorf("have %d, want 78", have)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"url", "prefix", "credentials", "user"}
	for word, want := range map[string]string{"ulr": "url", "URL": "url", "prefx": "prefix", "credential": "credentials", "usr": "user", "colour": "", "": ""} {
		if have, _ := nearest(word, names); have != want {
			t.Errorf("nearest(%q): have %q, want %q", word, have, want)
		}
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}}
	for _, tt := range tests {
		if have := distance(tt.a, tt.b); have != tt.want {
			t.Errorf("distance(%q, %q): have %d, want %d", tt.a, tt.b, have, tt.want)
		}
		if have := distance(tt.b, tt.a); have != tt.want {
			t.Errorf("distance(%q, %q): have %d, want %d", tt.b, tt.a, have, tt.want)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte("nats: {url: nats://a:1}\n"))
	f.Add([]byte("subscribe: {folders: [[a]], events: *x}\n"))
	f.Add([]byte("a: &a\n  b: *a\n"))
	f.Add([]byte("[1]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		t.Chdir(t.TempDir())
		writeFile(t, "fuzz.yaml", string(data))
		cfg, err := load(t, 0, "--config", "fuzz.yaml")
		var invalid *Error
		if (cfg == nil) == (err == nil) || err != nil && !errors.As(err, &invalid) {
			t.Errorf("have %v, %v, want a configuration or an *Error", cfg, err)
		}
	})
}
