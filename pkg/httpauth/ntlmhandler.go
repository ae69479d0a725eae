package httpauth

import (
	"context"
	"net"
	"net/http"
)

type (
	ntlmConnKey struct{}
	ntlmUserKey struct{}
)

// ConnContext gives each connection of an [http.Server] its state: set it as the server's ConnContext.
func (s *NTLMServer) ConnContext(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, ntlmConnKey{}, s.NewConn())
}

// Handler lets only those requests pass to next whose connection has logged in; see [NTLMUser]. The others get a 401 whose
// body says why, which is more than a server that needs protection should tell. It answers 500 without ConnContext, and 505
// to HTTP/2, where a connection is shared by requests.
func (s *NTLMServer) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(ntlmConnKey{}).(*NTLMConn)
		switch {
		case !ok:
			http.Error(w, "NTLMServer.ConnContext is not the ConnContext of this http.Server", http.StatusInternalServerError)
			return
		case r.ProtoMajor != 1:
			http.Error(w, "NTLM needs HTTP/1.1", http.StatusHTTPVersionNotSupported)
			return
		}
		verdict := c.Judge(r.Header.Get("Authorization"))
		if verdict.User != nil {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), ntlmUserKey{}, *verdict.User)))
			return
		}
		w.Header()["Www-Authenticate"] = verdict.Authenticate
		text := ""
		if verdict.Err != nil {
			text = verdict.Err.Error()
		}
		http.Error(w, text, http.StatusUnauthorized)
	})
}

// NTLMUser is who logged in on the connection of a request that passed [NTLMServer.Handler].
func NTLMUser(ctx context.Context) (user Identity, ok bool) {
	user, ok = ctx.Value(ntlmUserKey{}).(Identity)
	return user, ok
}
