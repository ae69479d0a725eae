package oauth

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// ExchangeScope asks for all that the application was granted at Exchange online (office-developer-exchange-docs,
// "Authenticate an EWS application by using OAuth").
const ExchangeScope = "https://outlook.office365.com/.default"

// EntraURL is where Microsoft Entra gives tokens of a tenant, named by its id or a domain.
func EntraURL(tenant string) string {
	return "https://login.microsoftonline.com/" + url.PathEscape(tenant) + "/oauth2/v2.0/token"
}

// Config says which application asks whom for tokens. It is given either a secret or a certificate.
type Config struct {
	TokenURL    string // such as [EntraURL]
	ClientID    string
	Scope       string                          // such as [ExchangeScope]; empty: not sent
	Secret      func() (string, error)          // of the application
	Certificate func() (tls.Certificate, error) // with an RSA key, whose public part the server knows
	Client      *http.Client                    // nil: http.DefaultTransport; its CheckRedirect is not used
}

// How long what lasts.
const (
	fetchTimeout = 30 * time.Second
	failurePause = 10 * time.Second // after a fetch that failed
	renewEarly   = 5 * time.Minute  // before a token expires, at most half of its life
	stopEarly    = 30 * time.Second // before a token expires: it is still to be sent; at most a quarter of its life
	unsaidLife   = 5 * time.Minute  // of a token whose server does not say
	youngest     = time.Minute      // age from which on a token that was refused is replaced
)

// Source gives the application's current token. It may be used by several goroutines at once.
type Source struct {
	cfg Config

	mu      sync.Mutex
	token   *token  // nil: none
	flight  *flight // the fetch under way; nil: none
	failure error   // of the last fetch; nil: it succeeded
	failed  time.Time
}

type token struct {
	value   hidden
	fetched time.Time
	renew   time.Time // from then on
	until   time.Time // not used any more
}

type flight struct {
	done  chan struct{}
	value hidden
	err   error
}

// hidden is a token as a function: fmt would show a string, also behind a pointer.
type hidden func() string

// New returns a source that has not fetched anything yet. Its error says what the configuration lacks.
func New(cfg Config) (*Source, error) {
	if u, err := url.Parse(cfg.TokenURL); err != nil || u.Host == "" {
		return nil, errors.New("oauth: TokenURL is no URL with a host")
	}
	if cfg.ClientID == "" {
		return nil, errors.New("oauth: no ClientID")
	}
	if (cfg.Secret == nil) == (cfg.Certificate == nil) {
		return nil, errors.New("oauth: give either a Secret or a Certificate")
	}
	client := http.Client{}
	if cfg.Client != nil {
		client = *cfg.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cfg.Client = &client
	return &Source{cfg: cfg}, nil
}

// Token returns a token that may be used now, and waits for one if there is none. Its error is an [*Error], or that of ctx.
func (s *Source) Token(ctx context.Context) (string, error) {
	value, f, err := s.current(ctx)
	if f == nil {
		return value, err
	}
	select {
	case <-f.done:
		if f.err != nil {
			return "", f.err
		}
		return f.value(), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// current is the token, or the fetch to wait for.
func (s *Source) current(ctx context.Context) (string, *flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	usable := s.token != nil && now.Before(s.token.until)
	paused := s.failure != nil && now.Sub(s.failed) < failurePause
	if s.flight == nil && !paused && (!usable || !now.Before(s.token.renew)) {
		s.flight = &flight{done: make(chan struct{})}
		go s.land(context.WithoutCancel(ctx), s.flight)
	}
	switch {
	case usable:
		return s.token.value(), nil, nil
	case s.flight != nil:
		return "", s.flight, nil
	}
	return "", nil, s.failure
}

// land fetches a token for everyone who waits.
func (s *Source) land(ctx context.Context, f *flight) {
	defer close(f.done)
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	fetched, err := s.fetch(ctx)
	if err == nil {
		f.value = fetched.value
	}
	f.err = err
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != f {
		return // dropped meanwhile
	}
	s.flight, s.failure = nil, err
	if err != nil {
		s.failed = time.Now()
		return
	}
	s.token = fetched
}

// Drop forgets the token and what failed: the next one to ask has a new one fetched, with the secret of then.
func (s *Source) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.flight, s.failure = nil, nil, nil
}

// Refused tells that a request was answered with status 401, and when it was begun. It reports whether to send it once
// more: then its token is dropped, or replaced already. It is not when the token was fetched only just now: a new one would
// fare no better.
func (s *Source) Refused(begun time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.token == nil || !s.token.fetched.Before(begun):
		return true
	case time.Since(s.token.fetched) < youngest:
		return false
	}
	s.token = nil
	return true
}
