package httpauth

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net/http"
)

// maxLegs bounds a handshake; those known have two.
const maxLegs = 4

// login is one handshake on one connection.
type login struct {
	*call
	slot *slot
	seen Observation
}

// run exchanges tokens until the answer that counts is there: the one to the last token, or one that does not go on.
func (l *login) run() (*http.Response, error) {
	handshake, err := l.t.cfg.Mechanism.Start(l.r.Context(), Target{
		Host: l.hostname(), SPN: cmp.Or(l.t.cfg.SPN, "HTTP/"+l.hostname()), Renew: l.renew,
	})
	if err != nil {
		return nil, l.fail(err)
	}
	var challenge Challenge
	for range maxLegs {
		token, last, err := handshake.Next(challenge)
		if err != nil {
			return nil, l.fail(err)
		}
		answer, err := l.send(l.slot, authorization(l.seen.Scheme, token), last)
		switch {
		case err != nil:
			return nil, err
		case last:
			return l.finish(handshake, answer)
		case answer.StatusCode != http.StatusUnauthorized:
			return l.notAsked(answer)
		}
		l.seen.Offered = Offered(answer.Header)
		var offered bool
		challenge.Token, offered = tokenOf(answer.Header, l.seen.Scheme)
		if !offered || len(token) > 0 && challenge.Token == nil {
			l.seen.Outcome = NotOffered
			return answer, nil
		}
		if challenge.Binding == nil {
			challenge.Binding = l.bind(answer.TLS)
		}
		if err := l.drain(answer); err != nil {
			return nil, err
		}
	}
	return nil, l.fail(fmt.Errorf("the handshake did not end after %d requests", maxLegs))
}

// finish judges the answer to the last token.
func (l *login) finish(handshake Handshake, answer *http.Response) (*http.Response, error) {
	token, _ := tokenOf(answer.Header, l.seen.Scheme)
	accepted := answer.StatusCode != http.StatusUnauthorized
	err := handshake.Finish(token, accepted)
	switch {
	case !accepted:
		l.seen.Outcome, l.seen.Err = Refused, err
		if offered := Offered(answer.Header); len(offered) > 0 {
			l.seen.Offered = offered
		}
	case err != nil:
		_ = answer.Body.Close()
		return nil, l.fail(err)
	default:
		l.seen.Outcome, l.slot.ready = Accepted, true
	}
	return answer, nil
}

// notAsked takes an answer that came without a login. If it was to a request without its body, the request is sent whole.
func (l *login) notAsked(answer *http.Response) (*http.Response, error) {
	l.seen.Outcome, l.slot.ready = NotAsked, true
	if !hasBody(l.r) {
		return answer, nil
	}
	if err := l.drain(answer); err != nil {
		return nil, err
	}
	return l.send(l.slot, "", true)
}

// bind is the channel binding of a connection, nil if there is none to send.
func (l *login) bind(state *tls.ConnectionState) ChannelBinding {
	switch {
	case l.t.cfg.NoChannelBinding:
		l.seen.WithoutBinding = "it is switched off"
	case state == nil || len(state.PeerCertificates) == 0:
		l.seen.WithoutBinding = "the connection has no TLS"
	default:
		binding, err := ServerEndPoint(state.PeerCertificates[0])
		if err != nil {
			l.seen.WithoutBinding = err.Error()
		}
		l.seen.Binding = binding
	}
	return l.seen.Binding
}

// fail ends the login for a reason of its own, unlike that of a connection.
func (l *login) fail(err error) error {
	l.seen.Outcome, l.seen.Err = Failed, &LoginError{Host: l.seen.Host, Scheme: l.seen.Scheme, Err: err}
	return l.seen.Err
}

// report tells the observer, and remembers a refusal for the next login. A broken connection is no news of a login.
func (l *login) report() {
	switch l.seen.Outcome {
	case "":
		return
	case Accepted:
		l.t.refused.Store(false)
	case Refused:
		l.t.refused.Store(true)
	}
	if l.t.cfg.Observe != nil {
		l.t.cfg.Observe(l.seen)
	}
}
