package config

import (
	"strings"
	"unicode"
)

// setting is one key with the place of its value in a Config.
type setting struct {
	key   string
	value value
	usage string
}

// settings lists every key there is.
func (c *Config) settings() []setting {
	return []setting{
		{"id", text(&c.ID), "name of the process among those of its stage; empty: the host name and the first free slot"},
		{"drain", duration(&c.Drain), "longest orderly shutdown"},

		{"nats.url", text(&c.NATS.URL), "NATS servers, separated by commas; the all-in-one command runs its own server unless this is set"},
		{"nats.prefix", text(&c.NATS.Prefix), "first token of every subject"},
		{"nats.credentials", text(&c.NATS.Credentials), "path of a credentials file (.creds)"},
		{"nats.nkey", text(&c.NATS.NKey), "path of an NKey seed file"},
		{"nats.user", text(&c.NATS.User), "user name"},
		{"nats.password.file", text(&c.NATS.Password.File), "file that holds the user's password"},
		{"nats.password.env", text(&c.NATS.Password.Env), "environment variable that holds the user's password"},
		{"nats.tls.ca", text(&c.NATS.TLS.CA), "PEM file of the authorities that NATS is trusted by"},
		{"nats.tls.cert", text(&c.NATS.TLS.Cert), "PEM file of the client's certificate"},
		{"nats.tls.key", text(&c.NATS.TLS.Key), "PEM file of the client's key"},
		{"nats.tls.serverName", text(&c.NATS.TLS.ServerName), "name that the server's certificate must carry"},
		{"nats.replicas", number(&c.NATS.Replicas), "copies of each stream: 1, 3 or 5"},
		{"nats.embedded.dir", text(&c.NATS.Embedded.Dir), "folder of the embedded NATS server's store"},
		{"nats.embedded.listen", text(&c.NATS.Embedded.Listen), "host:port where the embedded server listens"},
		{"nats.events.maxBytes", size(&c.NATS.Events.MaxBytes), "size of the event stream, beyond which the oldest are discarded"},
		{"nats.events.maxAge", duration(&c.NATS.Events.MaxAge), "age beyond which events are discarded"},

		{"exchange.url", text(&c.Exchange.URL), "EWS endpoint of every mailbox, in place of Autodiscover"},
		{"exchange.autodiscover.url", text(&c.Exchange.Autodiscover.URL), "Autodiscover endpoint; empty: found from each mailbox's domain"},
		{"exchange.autodiscover.allow", list(&c.Exchange.Autodiscover.Allow), "hosts beyond a mailbox's domain that Autodiscover may send the credentials to, such as *.outlook.com"},
		{"exchange.account.user", text(&c.Exchange.Account.User), "service account: DOMAIN\\user or user@domain"},
		{"exchange.account.password.file", text(&c.Exchange.Account.Password.File), "file that holds the service account's password"},
		{"exchange.account.password.env", text(&c.Exchange.Account.Password.Env), "environment variable that holds the service account's password"},
		{"exchange.account.method", text(&c.Exchange.Account.Method), "how the user logs in: basic, ntlm or negotiate; empty: basic"},
		{"exchange.account.channelBinding", boolean(&c.Exchange.Account.ChannelBinding), "bind logins of ntlm and negotiate to the TLS connection, as Extended Protection asks"},
		{"exchange.account.kerberos.config", text(&c.Exchange.Account.Kerberos.Config), "path of krb5.conf; empty: $KRB5_CONFIG, else /etc/krb5.conf"},
		{"exchange.account.kerberos.realm", text(&c.Exchange.Account.Kerberos.Realm), "realm of the user; empty: the one in its name, else the default of krb5.conf"},
		{"exchange.account.kerberos.keytab", text(&c.Exchange.Account.Kerberos.Keytab), "path of a keytab with the user's key, in place of the password"},
		{"exchange.account.kerberos.ccache", text(&c.Exchange.Account.Kerberos.CCache), "path of a credential cache, in place of user and password"},
		{"exchange.account.kerberos.spn", text(&c.Exchange.Account.Kerberos.SPN), "service principal name of Exchange; empty: HTTP/ and the host"},
		{"exchange.account.bearer.file", text(&c.Exchange.Account.Bearer.File), "file that holds a bearer token"},
		{"exchange.account.bearer.env", text(&c.Exchange.Account.Bearer.Env), "environment variable that holds a bearer token"},
		{"exchange.account.oauth.tenant", text(&c.Exchange.Account.OAuth.Tenant), "tenant of Microsoft Entra that gives tokens: its id or a domain"},
		{"exchange.account.oauth.tokenURL", text(&c.Exchange.Account.OAuth.TokenURL), "endpoint of another server that gives tokens"},
		{"exchange.account.oauth.clientID", text(&c.Exchange.Account.OAuth.ClientID), "id of the application"},
		{"exchange.account.oauth.secret.file", text(&c.Exchange.Account.OAuth.Secret.File), "file that holds the application's secret"},
		{"exchange.account.oauth.secret.env", text(&c.Exchange.Account.OAuth.Secret.Env), "environment variable that holds the application's secret"},
		{"exchange.account.oauth.certificate.cert", text(&c.Exchange.Account.OAuth.Certificate.Cert), "PEM file of the application's certificate"},
		{"exchange.account.oauth.certificate.key", text(&c.Exchange.Account.OAuth.Certificate.Key), "PEM file of its RSA key"},
		{"exchange.account.oauth.scope", text(&c.Exchange.Account.OAuth.Scope), "scope of the tokens"},
		{"exchange.impersonation", boolean(&c.Exchange.Impersonation), "impersonate each mailbox; false: act as a delegate"},
		{"exchange.version", text(&c.Exchange.Version), "RequestServerVersion of requests"},
		{"exchange.fixedVersion", boolean(&c.Exchange.FixedVersion), "declare no other version where a server refuses this one"},
		{"exchange.clientStatistics", boolean(&c.Exchange.Statistics), "tell the server how long it took, by X-ClientStatistics"},
		{"exchange.tls.ca", text(&c.Exchange.TLS.CA), "PEM file of the authorities that Exchange is trusted by"},
		{"exchange.tls.cert", text(&c.Exchange.TLS.Cert), "PEM file of the client's certificate"},
		{"exchange.tls.key", text(&c.Exchange.TLS.Key), "PEM file of the client's key"},
		{"exchange.tls.serverName", text(&c.Exchange.TLS.ServerName), "name that Exchange's certificates must carry"},
		{"exchange.tls.minVersion", text(&c.Exchange.TLS.MinVersion), "oldest version of TLS: 1.2 or 1.3"},
		{"exchange.tls.insecure", boolean(&c.Exchange.TLS.Insecure), "do not verify Exchange's certificates"},
		{"exchange.concurrency", number(&c.Exchange.Concurrency), "requests at a time to one endpoint"},

		{"mailboxes.list", text(&c.Mailboxes.List), "file that lists the wanted mailboxes"},
		{"mailboxes.confirmWithdrawals", boolean(&c.Mailboxes.ConfirmWithdrawals), "accept a list at start that withdraws many mailboxes at once"},

		{"discoverer.batch", number(&c.Discoverer.Batch), "mailboxes in one Autodiscover request"},
		{"discoverer.refresh", duration(&c.Discoverer.Refresh), "age at which a mailbox is discovered again"},

		{"groups.size", number(&c.Groups.Size), "most mailboxes of a group"},
		{"groups.quiet", duration(&c.Groups.Quiet), "quiet moment before groups are planned"},

		{"subscribe.folders", list(&c.Subscribe.Folders), "folders to subscribe: well-known names or ids; all: every folder"},
		{"subscribe.events", list(&c.Subscribe.Events), "events to subscribe; all: every kind"},

		{"streamer.connectionTimeout.min", duration(&c.Streamer.ConnectionTimeout.Min), "shortest ConnectionTimeout of a stream, whole minutes"},
		{"streamer.connectionTimeout.max", duration(&c.Streamer.ConnectionTimeout.Max), "longest ConnectionTimeout of a stream, whole minutes"},
		{"streamer.silence", duration(&c.Streamer.Silence), "silence after which a stream is cut"},

		{"lease.ttl", duration(&c.Lease.TTL), "time without a renewal after which a process is taken for dead, 3s to 60s"},

		{"http.listen", text(&c.HTTP.Listen), "host:port of /healthz, /readyz and /metrics; empty: none"},

		{"log.level", text(&c.Log.Level), "debug, info, warn or error"},
		{"log.format", text(&c.Log.Format), "json or text"},

		{"trace.dir", text(&c.Trace.Dir), "folder where requests to Exchange are written"},
		{"trace.only", list(&c.Trace.Only), "groups or mailboxes whose requests are written; autodiscover: those; all: everything; empty: nothing"},
		{"trace.maxBytes", size(&c.Trace.MaxBytes), "size of a trace file, beyond which a new one is begun"},
		{"trace.maxFiles", number(&c.Trace.MaxFiles), "most trace files; the oldest go"},
	}
}

// words splits a key where a flag has a dash and an environment variable an underscore.
// Capitals in a row are one word.
func words(key, separator string) string {
	var b strings.Builder
	var before rune
	for _, r := range key {
		switch {
		case r == '.':
			b.WriteString(separator)
		case unicode.IsUpper(r) && !unicode.IsUpper(before):
			b.WriteString(separator + string(unicode.ToLower(r)))
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		before = r
	}
	return b.String()
}

// flagName is the flag of a key, without its dashes.
func flagName(key string) string { return words(key, "-") }

// envName is the environment variable of a key.
func envName(key string) string { return "EWSNATS_" + strings.ToUpper(words(key, "_")) }
