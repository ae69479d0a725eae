package httpauth

import "context"

// A Mechanism makes the tokens that log one account in. It may be used by several goroutines at once. [NTLM] is one;
// package kerberos has another.
type Mechanism interface {
	// Schemes are the HTTP authentication schemes that its tokens travel under, the preferred one first. The next is tried
	// only if the server offers it and not the one before.
	Schemes() []string
	// Start begins a login. An error ends the request that needed it; see [ErrRefused].
	Start(ctx context.Context, target Target) (Handshake, error)
}

// Target is what is logged in to.
type Target struct {
	// Host is the host of the URL, without port.
	Host string
	// SPN is the service principal name, HTTP/<host> unless configured.
	SPN string
	// Renew says that a login was refused, or an authenticated connection no longer accepted: cached tickets and secrets are
	// not to be trusted.
	Renew bool
}

// A Handshake is one login on one connection.
type Handshake interface {
	// Next returns the next token; an empty one means a request without credentials. After the last token the server's
	// answer is final. The challenge is the zero value at first.
	Next(challenge Challenge) (token []byte, last bool, err error)
	// Finish sees the token that came with the answer to the last token, nil if none did. With an accepting answer an error
	// means that the server failed to prove itself; with a refusal it tells the server's reason, if there is one.
	Finish(token []byte, accepted bool) error
}

// Challenge is a server's answer to the token before.
type Challenge struct {
	Token   []byte
	Binding ChannelBinding // of the connection; nil: none is to be sent
}
