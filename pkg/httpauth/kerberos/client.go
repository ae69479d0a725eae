package kerberos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/krberror"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// loggedIn is a client with its ticket-granting ticket. It must be destroyed.
type loggedIn struct {
	*client.Client
	tgt messages.Ticket
	key types.EncryptionKey
}

// logIn gets a ticket-granting ticket from the source that is configured, reading everything anew.
func (m *mechanism) logIn(ctx context.Context) (loggedIn, error) {
	conf, err := loadConf(cmp.Or(m.cfg.Krb5Conf, os.Getenv("KRB5_CONFIG"), "/etc/krb5.conf"))
	if err != nil {
		return loggedIn{}, err
	}
	if m.cfg.CCache != "" {
		return fromCCache(m.cfg.CCache, conf)
	}
	realm := cmp.Or(m.cfg.Realm, conf.LibDefaults.DefaultRealm)
	noFAST := client.DisablePAFXFAST(true) // Active Directory stumbles over it
	var c *client.Client
	if m.cfg.Keytab != "" {
		keys, err := keytab.Load(m.cfg.Keytab)
		if err != nil {
			return loggedIn{}, fmt.Errorf("keytab %s: %w", m.cfg.Keytab, err)
		}
		c = client.NewWithKeytab(m.cfg.User, realm, keys, conf, noFAST)
	} else {
		password, err := m.cfg.Password(ctx)
		if err != nil {
			return loggedIn{}, fmt.Errorf("password of %s: %w", m.cfg.User, err)
		}
		c = client.NewWithPassword(m.cfg.User, realm, password, conf, noFAST)
	}
	if ok, err := c.IsConfigured(); !ok {
		return loggedIn{}, err
	}
	return ask(c, conf)
}

// ask gets the TGT by the AS exchange. It does not let gokrb5 keep it, which would renew it in a goroutine, and log in again
// with secrets that may be old.
func ask(c *client.Client, conf *config.Config) (loggedIn, error) {
	request, err := messages.NewASReqForTGT(c.Credentials.Domain(), conf, c.Credentials.CName())
	if err != nil {
		return loggedIn{}, err
	}
	reply, err := c.ASExchange(c.Credentials.Domain(), request, 0)
	if err != nil {
		return loggedIn{}, refusal(err)
	}
	return loggedIn{c, reply.Ticket, reply.DecryptedEncPart.Key}, nil
}

// refusal tells by the kind of an error of the AS exchange whether the KDC answered. gokrb5 keeps the code of its answer in
// the text alone, so that all of them count as refused: who asks again may lock the account.
func refusal(err error) error {
	var e krberror.Krberror
	if !errors.As(err, &e) || e.RootCause == krberror.NetworkingError || e.RootCause == krberror.ConfigError {
		return err
	}
	return fmt.Errorf("%w: %w", httpauth.ErrRefused, err)
}

func fromCCache(path string, conf *config.Config) (loggedIn, error) {
	cache, err := credentials.LoadCCache(strings.TrimPrefix(path, "FILE:"))
	if err != nil {
		return loggedIn{}, fmt.Errorf("credential cache %s: %w", path, err)
	}
	c, err := client.NewFromCCache(cache, conf, client.DisablePAFXFAST(true))
	if err != nil {
		return loggedIn{}, fmt.Errorf("credential cache %s: %w", path, err)
	}
	realm := cache.DefaultPrincipal.Realm
	granting, ok := cache.GetEntry(types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/"+realm))
	if !ok {
		return loggedIn{}, fmt.Errorf("credential cache %s: no ticket-granting ticket of %s", path, realm)
	}
	l := loggedIn{Client: c, key: granting.Key}
	return l, l.tgt.Unmarshal(granting.Ticket)
}

// loadConf reads krb5.conf. What gokrb5 does not support in it, it leaves out.
func loadConf(path string) (*config.Config, error) {
	conf, err := config.Load(path)
	var unsupported config.UnsupportedDirective
	if err != nil && !errors.As(err, &unsupported) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return conf, nil
}
