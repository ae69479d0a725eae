package ewssoap

import (
	"net/http"
	"slices"
	"sync"
)

// remembered is how many requests an answer may lag behind and still be known as theirs.
const remembered = 256

// recent are the names of the requests last sent.
type recent struct {
	mu    sync.Mutex
	names [remembered]string
	next  int
}

func (r *recent) add(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[r.next] = name
	r.next = (r.next + 1) % remembered
}

func (r *recent) has(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.names[:], name)
}

// stale reports whether an answer says that it belongs to another request of this
// client. A server that answers twice leaves one on the connection for the next
// request; Exchange repeats client-request-id when asked to (return-client-request-id).
// A name that is not ours is a gateway's, and says nothing.
func (r *recent) stale(h http.Header, name string) bool {
	echoes := h.Values("client-request-id")
	return !slices.Contains(echoes, name) && slices.ContainsFunc(echoes, func(echo string) bool { return echo != "" && r.has(echo) })
}
