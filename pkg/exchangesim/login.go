package exchangesim

import (
	"context"
	"net"
	"net/http"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// LoginScheme is the server side of a login that belongs to a connection, as Negotiate does.
type LoginScheme interface {
	// NewConn begins a connection.
	NewConn() LoginConn
}

// LoginConn is the state of the logins on one connection. It may be used by several goroutines at once.
type LoginConn interface {
	// Judge takes the Authorization header of a request, empty if it has none, and tells who sent it; empty: nobody yet. The
	// WWW-Authenticate headers go with the answer, which is a 401 if nobody sent the request.
	Judge(authorization string) (account string, authenticate []string)
}

// loginScheme is the scheme of a configuration; nil: Basic, or nothing.
func (c Config) loginScheme() LoginScheme {
	if c.Login == nil && c.NTLM != nil {
		return ntlmScheme{c, newNTLM(c)}
	}
	return c.Login
}

type loginConnKey struct{}

// ConnContext gives a connection the state of its login. Who serves Handler by an http.Server of one's own and asks for a
// login of connections, such as NTLM, sets it as that server's ConnContext.
func (s *Server) ConnContext(ctx context.Context, _ net.Conn) context.Context {
	if s.scheme == nil {
		return ctx
	}
	return context.WithValue(ctx, loginConnKey{}, s.scheme.NewConn())
}

// loginConn tells whom the connection of a request is logged in as, and what goes with the answer. Without ConnContext
// there are no logins.
func (s *Server) loginConn(r *http.Request) (account string, authenticate []string) {
	conn, ok := r.Context().Value(loginConnKey{}).(LoginConn)
	if !ok {
		conn = s.scheme.NewConn()
		_, authenticate = conn.Judge("")
		return "", authenticate
	}
	return conn.Judge(r.Header.Get("Authorization"))
}

// ntlmScheme is NTLM by the accounts of a configuration.
type ntlmScheme struct {
	cfg    Config
	server *httpauth.NTLMServer
}

func (n ntlmScheme) NewConn() LoginConn { return ntlmConn{n.cfg, n.server.NewConn()} }

type ntlmConn struct {
	cfg  Config
	conn *httpauth.NTLMConn
}

func (n ntlmConn) Judge(authorization string) (account string, authenticate []string) {
	verdict := n.conn.Judge(authorization)
	if verdict.User == nil {
		return "", verdict.Authenticate
	}
	return n.cfg.accountOf(verdict.User.User, verdict.User.Domain), nil
}
