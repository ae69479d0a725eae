package config

import (
	"crypto/tls"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
)

var subjectToken = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (r *reading) validateNATS(needs Needs) {
	n := r.cfg.NATS
	r.validateNATSURL()
	if !subjectToken.MatchString(n.Prefix) {
		r.wrong("nats.prefix", fmt.Sprintf("%q cannot begin a subject", n.Prefix), "write letters, digits, - and _ only")
	}
	if !r.failed["nats.replicas"] && n.Replicas != 1 && n.Replicas != 3 && n.Replicas != 5 {
		r.wrong("nats.replicas", fmt.Sprintf("%d copies are not possible", n.Replicas), "write 1, 3 or 5")
	}
	r.address("nats.embedded.listen", n.Embedded.Listen, "127.0.0.1:4222")
	if !r.failed["nats.events.maxBytes"] && n.Events.MaxBytes <= 0 {
		r.wrong("nats.events.maxBytes", "no event would be kept", "write a size below the volume's, such as 10GiB")
	}
	r.positive("nats.events.maxAge", n.Events.MaxAge)
	r.validateNATSLogin(needs)
	if needs&NeedNATS != 0 {
		r.readable("nats.credentials", n.Credentials)
		r.readable("nats.nkey", n.NKey)
		r.readable("nats.tls.ca", n.TLS.CA)
	}
}

func (r *reading) validateNATSURL() {
	if strings.TrimSpace(r.cfg.NATS.URL) == "" {
		r.wrong("nats.url", "no server is named", "write one such as nats://localhost:4222")
		return
	}
	for server := range strings.SplitSeq(r.cfg.NATS.URL, ",") {
		r.url("nats.url", strings.TrimSpace(server), urlRules{
			schemes: []string{"nats", "tls", "ws", "wss"}, example: "nats://localhost:4222",
			login: "write nats.user and nats.password"})
	}
}

// validateNATSLogin checks that there is one way to log in, and all of it.
func (r *reading) validateNATSLogin(needs Needs) {
	n := r.cfg.NATS
	var ways []string
	for _, way := range []struct{ key, value string }{
		{"nats.credentials", n.Credentials}, {"nats.nkey", n.NKey}, {"nats.user", n.User},
	} {
		if way.value != "" {
			ways = append(ways, way.key)
		}
	}
	if len(ways) > 1 {
		r.wrong(ways[1], "NATS would be logged in to in two ways: "+strings.Join(ways, ", "), "keep one of them")
	}
	if n.User == "" && n.Password.Set() {
		r.wrong("nats.user", "not set, though nats.password is", "write whose password it is")
	}
	if n.User != "" && !n.Password.Set() {
		r.wrong("nats.password", "not set, though nats.user is", "write {file: PATH} or {env: NAME}")
	}
	r.keyPair("nats.tls", n.TLS.Cert, n.TLS.Key, needs&NeedNATS != 0)
	r.secret("nats.password", n.Password, needs&NeedNATS != 0)
}

// maxSecretSize keeps a wrongly named file, such as a database, out of memory.
const maxSecretSize = math.MaxUint16

// secret checks a reference; where the secret is needed, also that it can be read.
func (r *reading) secret(key string, s Secret, needed bool) {
	if s.File != "" && s.Env != "" {
		r.wrong(key+".file", "refers to a file and to an environment variable", "keep either "+key+".file or "+key+".env")
		return
	}
	if !needed || !s.Set() {
		return
	}
	where, instead := key+".file", "write the path of a file that holds nothing else"
	if s.Env != "" {
		where, instead = key+".env", "set the variable, or name another one"
	} else if info, err := os.Stat(s.File); err == nil && info.Size() > maxSecretSize {
		r.wrong(where, fmt.Sprintf("%s has %d bytes: too many for a secret", s.File, info.Size()), instead)
		return
	}
	if _, err := s.Read(); err != nil {
		r.wrong(where, err.Error(), instead)
	}
}

// readable checks that a file can be opened.
func (r *reading) readable(key, path string) {
	if path == "" {
		return
	}
	file, err := os.Open(path)
	if err != nil {
		r.wrong(key, "the file cannot be read: "+err.Error(), "write the path of a readable file")
		return
	}
	file.Close()
}

// keyPair checks a certificate and its key; where they are needed, also that they can
// be read and fit.
func (r *reading) keyPair(section, cert, key string, needed bool) {
	if (cert == "") != (key == "") {
		r.wrong(section, "cert and key belong together, and only one of them is set", "write both, or neither")
		return
	}
	if cert == "" || !needed {
		return
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		r.wrong(section+".cert", fmt.Sprintf("%s and %s are no certificate with its key: %v", cert, key, err),
			"write the paths of two PEM files that belong together")
	}
}
