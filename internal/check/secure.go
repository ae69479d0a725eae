package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
)

// Days before its end from which a certificate is warned of.
const (
	soonDays   = 30
	urgentDays = 7
)

// secure makes the TLS session and looks at the certificate.
func (w *walk) secure(ctx context.Context, s *site) Finding {
	s.probe = w.probe(ctx, s)
	if strings.HasPrefix(s.url, "http:") {
		return warning("none: credentials and mail travel in clear").advise("use https, unless this is a simulator or the way is private")
	}
	if s.probe.session == nil {
		return unsecured(s.probe.handshake)
	}
	u, err := url.Parse(s.url)
	if err != nil {
		return failed(causeConfig, "%v", err)
	}
	c := certificate{chain: s.probe.session.PeerCertificates, roots: w.access.TLS.RootCAs, name: w.access.TLS.ServerName, now: time.Now()}
	if c.name == "" {
		c.name = u.Hostname()
	}
	return judged(c, tls.VersionName(s.probe.session.Version), w.cfg.Settings.Exchange.TLS)
}

// unsecured says why there is no session.
func unsecured(err error) Finding {
	f := failed(causeUnreachable, "no session")
	if err != nil {
		f = f.with(strings.TrimPrefix(oneLine(err.Error()), errHandshake.Error()+" "))
	}
	return f.advise("is the port right? Exchange must speak TLS 1.2 or later, and at least exchange.tls.minVersion")
}

// certificate is what a server showed, and what it is held against.
type certificate struct {
	chain []*x509.Certificate
	roots *x509.CertPool // nil: the system's
	name  string
	now   time.Time
}

// verify is crypto/tls's own verification, which the session went without. The root is who is trusted.
func (c certificate) verify() (root *x509.Certificate, err error) {
	if len(c.chain) == 0 {
		return nil, errors.New("the server showed no certificate")
	}
	between := x509.NewCertPool()
	for _, cert := range c.chain[1:] {
		between.AddCert(cert)
	}
	chains, err := c.chain[0].Verify(x509.VerifyOptions{DNSName: c.name, Roots: c.roots, Intermediates: between, CurrentTime: c.now})
	if err != nil {
		return nil, err
	}
	return chains[0][len(chains[0])-1], nil
}

// judged describes the certificate and says what is wrong with it.
func judged(c certificate, version string, settings config.ExchangeTLS) Finding {
	root, err := c.verify()
	if len(c.chain) == 0 {
		return failed(causeUnreachable, "%v", err)
	}
	leaf := c.chain[0]
	details := []string{
		"certificate of " + strings.Join(names(leaf), ", "),
		fmt.Sprintf("issued by %s, valid until %s", subject(leaf.Issuer.String()), leaf.NotAfter.UTC().Format(time.DateOnly)),
	}
	if root != nil {
		details = append(details, "trusted by "+subject(root.Subject.String()))
	}
	if settings.Insecure {
		f := warning("%s, but certificates are not verified (exchange.tls.insecure)", version).with(details...)
		if err != nil {
			f = f.with("it would be refused: " + err.Error())
		}
		return f.advise("set exchange.tls.ca to the authority's certificate instead")
	}
	if err != nil {
		return failed(causeUnreachable, "%s", complaint(err, c)).with(details...).advise(remedy(err))
	}
	f := ok("%s", version)
	switch days := int(leaf.NotAfter.Sub(c.now).Hours() / 24); {
	case days < urgentDays:
		f = warning("%s, but the certificate expires in %d days: renew it now", version, days)
	case days < soonDays:
		f = warning("%s, but the certificate expires in %d days", version, days)
	}
	return f.with(details...)
}

// complaint says what is wrong with a certificate.
func complaint(err error, c certificate) string {
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && c.now.After(invalid.Cert.NotAfter):
		return "the certificate has expired on " + invalid.Cert.NotAfter.UTC().Format(time.DateOnly)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate is not valid before " + invalid.Cert.NotBefore.UTC().Format(time.DateOnly)
	case errors.As(err, &host):
		return "the certificate is not for " + c.name
	case errors.As(err, &authority):
		return "the certificate's authority is not trusted"
	}
	return err.Error()
}

// remedy says what to do about it.
func remedy(err error) string {
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew it; and is the clock of this machine right?"
	case errors.As(err, &host):
		return "use a name that it holds, or write it into exchange.tls.serverName"
	case errors.As(err, &authority):
		return "write the path of the authority's certificate into exchange.tls.ca; is an intermediate certificate missing at the server?"
	}
	return ""
}

// names are what a certificate is for.
func names(c *x509.Certificate) []string {
	all := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		all = append(all, subject(c.Subject.String())+" (no name of a host)")
	}
	return all
}

func subject(name string) string {
	if name == "" {
		return "an unnamed authority"
	}
	return name
}
