package httpauth

// Outcome is how a login ended.
type Outcome string

// The outcomes. Only Refused says something about the account.
const (
	Accepted   Outcome = "accepted"
	Refused    Outcome = "refused"       // 401 after a whole handshake
	NotOffered Outcome = "not offered"   // the server does not take a scheme of the mechanism
	NotAsked   Outcome = "not asked for" // the server answered without a login
	Failed     Outcome = "failed"        // a token could not be made or read, or the server failed to prove itself
)

// Observation tells about one login on one connection, made when its answer is there and before the answer is returned.
type Observation struct {
	Host    string   // host and port as in the URL
	Offered []string // the schemes that the server named during the login; see [Offered]
	Scheme  string   // the scheme used
	Outcome Outcome
	// Binding is the channel binding sent, nil if none was; then WithoutBinding says why.
	Binding        ChannelBinding
	WithoutBinding string
	Err            error // the reason of Failed, or what the server told of a refusal
}

// Hint says in a sentence what may be behind a login that was not accepted; empty if there is nothing to say.
func (o Observation) Hint() string {
	switch {
	case o.Outcome == NotOffered:
		return "the server does not take " + o.Scheme + " here: look at the authentication settings of its virtual directory"
	case o.Outcome != Refused:
		return ""
	case o.Binding != nil:
		return "user or password is wrong, or Extended Protection is on and the certificate seen here is not that of Exchange " +
			"itself: a proxy that terminates TLS must use the very same certificate"
	}
	return "user or password is wrong, or Extended Protection requires a channel binding, and none was sent: " + o.WithoutBinding
}
