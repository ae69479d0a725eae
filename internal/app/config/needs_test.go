package config

import (
	"errors"
	"strings"
	"testing"
)

// What a command does not need is not asked for: a streamer runs without the
// mailbox list, and a configuration is checked without its secrets.
func TestNeeds(t *testing.T) {
	account := []string{"--exchange-account-user=svc", "--exchange-account-password-env=EXCHANGE_PASSWORD"}
	tests := map[string]struct {
		args  []string
		needs Needs
		want  string // the problem; empty: none
	}{
		"NATS password": {[]string{"--nats-user=x", "--nats-password-env=NO_SUCH"}, NeedNATS,
			"--nats-password-env: nats.password.env: the environment variable NO_SUCH is not set: set the variable, or name another one"},
		"NATS password file": {[]string{"--nats-user=x", "--nats-password-file=missing"}, NeedNATS,
			"--nats-password-file: nats.password.file: the secret cannot be read: open missing: no such file or directory: write the path of a file that holds nothing else"},
		"empty secret": {[]string{"--nats-user=x", "--nats-password-file=empty"}, NeedNATS,
			"--nats-password-file: nats.password.file: the secret file empty is empty: write the path of a file that holds nothing else"},
		"secret of a wrong file": {[]string{"--nats-user=x", "--nats-password-file=large"}, NeedNATS,
			"--nats-password-file: nats.password.file: large has 65536 bytes: too many for a secret: write the path of a file that holds nothing else"},
		"credentials": {[]string{"--nats-credentials=missing"}, NeedNATS,
			"--nats-credentials: nats.credentials: the file cannot be read: open missing: no such file or directory: write the path of a readable file"},
		"no account": {nil, NeedExchange,
			"exchange.account: no account is given: write user and password, bearer, or oauth"},
		"account password": {account, NeedExchange,
			"--exchange-account-password-env: exchange.account.password.env: the environment variable EXCHANGE_PASSWORD is not set: set the variable, or name another one"},
		"bearer": {[]string{"--exchange-account-bearer-file=missing"}, NeedExchange,
			"--exchange-account-bearer-file: exchange.account.bearer.file: the secret cannot be read: open missing: no such file or directory: write the path of a file that holds nothing else"},
		"keytab": {[]string{"--exchange-account-method=negotiate", "--exchange-account-user=svc@A.B", "--exchange-account-kerberos-keytab=missing"}, NeedExchange,
			"--exchange-account-kerberos-keytab: exchange.account.kerberos.keytab: the file cannot be read: open missing: no such file or directory: write the path of a readable file"},
		"ticket cache": {[]string{"--exchange-account-method=negotiate", "--exchange-account-kerberos-ccache=token"}, NeedExchange, ""},
		"authorities": {[]string{"--exchange-tls-ca=missing", "--exchange-account-bearer-file=token"}, NeedExchange,
			"--exchange-tls-ca: exchange.tls.ca: the file cannot be read: open missing: no such file or directory: write the path of a readable file"},
		"client certificate": {[]string{"--exchange-tls-cert=missing", "--exchange-tls-key=token", "--exchange-account-bearer-file=token"}, NeedExchange,
			"--exchange-tls-cert: exchange.tls.cert: missing and token are no certificate with its key: open missing: no such file or directory: write the paths of two PEM files that belong together"},
		"NATS client certificate": {[]string{"--nats-tls-cert=token", "--nats-tls-key=token"}, NeedNATS,
			"--nats-tls-cert: nats.tls.cert: token and token are no certificate with its key: tls: failed to find any PEM data in certificate input: write the paths of two PEM files that belong together"},
		"no list": {nil, NeedDiscovery,
			"mailboxes.list: not set: write the path of a file that lists the wanted mailboxes, one address a line"},
		"all folders as a delegate": {[]string{"--exchange-impersonation=false", "--exchange-account-bearer-file=token"}, NeedExchange,
			"subscribe.folders: all folders cannot be subscribed without impersonation: name folders, such as [inbox], or set exchange.impersonation to true"},
		"bad mailbox list": {[]string{"--exchange-url=https://a/ews", "--mailboxes-list=bad.txt"}, NeedDiscovery,
			`bad.txt:2: address "bea" has no domain: write it as name@example.com`},
		"no mailbox list": {[]string{"--exchange-url=https://a/ews", "--mailboxes-list=missing"}, NeedDiscovery,
			"--mailboxes-list: mailboxes.list: the mailbox list cannot be read: open missing: no such file or directory: write the path of a readable file"},
		"all that is needed": {[]string{"--exchange-url=https://a/ews", "--exchange-account-bearer-file=token", "--mailboxes-list=good.txt"}, NeedNATS | NeedExchange | NeedDiscovery, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			writeFile(t, "good.txt", "anna@contoso.com\n")
			writeFile(t, "bad.txt", "anna@contoso.com\nbea\n")
			writeFile(t, "token", "eyJ0\n")
			writeFile(t, "empty", "\n")
			writeFile(t, "large", strings.Repeat("x", 1<<16))
			if _, err := load(t, tt.needs, tt.args...); problem(err) != tt.want {
				t.Errorf("have %v\nwant %s", err, tt.want)
			}
			if _, err := load(t, 0, tt.args...); err != nil {
				t.Errorf("needing nothing: have %v, want no problem", err)
			}
		})
	}
}

func problem(err error) string {
	var invalid *Error
	if errors.As(err, &invalid) && len(invalid.Problems) > 0 {
		return err.Error()
	}
	return ""
}

func TestSecretIsReadAnew(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, want := range []string{"hunter2", " hunter 3 "} {
		writeFile(t, "secret", want+"\r\n")
		t.Setenv("EWSNATS_TEST_SECRET", want)
		for _, secret := range []Secret{{File: "secret"}, {Env: "EWSNATS_TEST_SECRET"}} {
			if have, err := secret.Read(); have != want || err != nil {
				t.Errorf("%+v: have %q, %v, want %q", secret, have, err, want)
			}
		}
	}
}

// Whatever is wrong, a secret that was written in a wrong place is not repeated.
func TestSecretsAreNotShown(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "ewsnats.yaml", `
nats:
  url: nats://ewsnats:hunter2@localhost:4222
  password: hunter2
exchange:
  url: https://svc:hunter2@mail.contoso.com/EWS/Exchange.asmx
  account:
    password: [hunter2]
    bearer: hunter2
`)
	_, err := load(t, NeedNATS|NeedExchange|NeedDiscovery, "--config", "ewsnats.yaml")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("have %v, want problems without the secret", err)
	}
}
