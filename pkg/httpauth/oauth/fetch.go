package oauth

import (
	"context"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// assertionType is client_assertion_type of RFC 7523, section 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// fetch asks the server for a token.
func (s *Source) fetch(ctx context.Context) (*token, error) {
	c := clientcredentials.Config{ClientID: s.cfg.ClientID, TokenURL: s.cfg.TokenURL, AuthStyle: oauth2.AuthStyleInParams}
	if s.cfg.Scope != "" {
		c.Scopes = []string{s.cfg.Scope}
	}
	proof, err := s.prove(&c)
	if err != nil {
		return nil, &Error{Server: s.server(), Err: err}
	}
	begun := time.Now()
	answer, err := c.Token(context.WithValue(ctx, oauth2.HTTPClient, s.cfg.Client))
	if err != nil {
		return nil, s.errorOf(err, proof)
	}
	life := unsaidLife
	if !answer.Expiry.IsZero() {
		life = answer.Expiry.Sub(begun)
	}
	return &token{
		value: func() string { return answer.AccessToken }, fetched: begun,
		renew: begun.Add(life - min(renewEarly, life/2)), until: begun.Add(life - min(stopEarly, life/4)),
	}, nil
}

// prove puts the secret or the assertion into the request, and returns it.
func (s *Source) prove(c *clientcredentials.Config) (string, error) {
	if s.cfg.Secret != nil {
		secret, err := s.cfg.Secret()
		c.ClientSecret = secret
		return secret, err
	}
	certificate, err := s.cfg.Certificate()
	if err != nil {
		return "", err
	}
	assertion, err := assert(certificate, s.cfg.TokenURL, s.cfg.ClientID, time.Now())
	c.EndpointParams = url.Values{"client_assertion_type": {assertionType}, "client_assertion": {assertion}}
	return assertion, err
}
