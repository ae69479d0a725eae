package kerberos

import (
	"context"
	"errors"
	"sync"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// Config says who logs in. Exactly one of Password, Keytab and CCache is required, the first two with User.
type Config struct {
	// Krb5Conf is the path of the Kerberos configuration, read for each ticket. Empty means $KRB5_CONFIG, else /etc/krb5.conf.
	Krb5Conf string
	// User is the name of the client principal without its realm; Realm is empty for the default realm of krb5.conf.
	User, Realm string
	// Password is asked for each ticket that has to be got.
	Password func(context.Context) (string, error)
	// Keytab is the path of a keytab with a key of the user, read for each ticket that has to be got.
	Keytab string
	// CCache is the path of a credential cache in a file, read for each ticket that has to be got. It is not written.
	CCache string
	// Mutual asks the server to prove itself.
	Mutual bool
}

// New returns the mechanism. It fails if the configuration is not complete; files are not looked at yet.
func New(cfg Config) (httpauth.Mechanism, error) {
	sources := 0
	for _, given := range []bool{cfg.Password != nil, cfg.Keytab != "", cfg.CCache != ""} {
		if given {
			sources++
		}
	}
	switch {
	case sources != 1:
		return nil, errors.New("kerberos: exactly one of Password, Keytab and CCache is required")
	case cfg.CCache == "" && cfg.User == "":
		return nil, errors.New("kerberos: User is required with Password and Keytab")
	case cfg.CCache != "" && (cfg.User != "" || cfg.Realm != ""):
		return nil, errors.New("kerberos: User and Realm are those of CCache, and must be empty with it")
	}
	return &mechanism{cfg: cfg, tickets: map[string]ticket{}, flights: map[string]*flight{}}, nil
}

type mechanism struct {
	cfg Config

	mu      sync.Mutex
	tickets map[string]ticket  // by SPN
	flights map[string]*flight // questions to the KDC under way, by SPN
}

func (*mechanism) Schemes() []string { return []string{"Negotiate"} }

func (m *mechanism) Start(ctx context.Context, t httpauth.Target) (httpauth.Handshake, error) {
	ticket, err := m.ticket(ctx, t.SPN, t.Renew)
	if err != nil {
		return nil, err
	}
	return &handshake{ticket: ticket, mutual: m.cfg.Mutual}, nil
}

// handshake asks without credentials first, since the certificate for the channel binding is only known from an answer.
type handshake struct {
	ticket ticket
	mutual bool
	asked  bool
	sent   stamp
}

func (h *handshake) Next(c httpauth.Challenge) (token []byte, last bool, err error) {
	if !h.asked {
		h.asked = true
		return nil, false, nil
	}
	request, sent, err := h.ticket.request(c.Binding.MD5(), h.mutual)
	if err != nil {
		return nil, false, err
	}
	h.sent = sent
	token, err = negTokenInit(request)
	return token, true, err
}

func (h *handshake) Finish(token []byte, accepted bool) error {
	switch {
	case accepted && !h.mutual:
		return nil
	case accepted && len(token) == 0:
		return errors.New("the server did not prove itself: its answer has no token")
	case len(token) == 0:
		return nil
	}
	reply, err := parseNegTokenResp(token)
	if err != nil {
		return err
	}
	return h.judge(reply, accepted)
}
