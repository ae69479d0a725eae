package exchangesim

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server is an Exchange organisation in memory. Its methods may be called from any goroutine.
type Server struct {
	cfg      Config
	started  time.Time
	answered atomic.Uint64

	mu     sync.Mutex // guards org and closed; nobody waits with it
	org    *organisation
	closed bool

	done    chan struct{}
	running sync.WaitGroup // streams and producers
	http    *http.Server
}

// New makes an organisation without servers and mailboxes.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, started: time.Now(), org: newOrganisation(cfg), done: make(chan struct{})}
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Minute, Protocols: new(http.Protocols)}
	s.http.Protocols.SetHTTP1(true)
	return s
}

// Handler serves EWS, Autodiscover and, below /sim/, the control endpoint. Paths count without case, as with IIS.
func (s *Server) Handler() http.Handler {
	control := s.controlHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.ToLower(r.URL.Path); {
		case path == "/ews/exchange.asmx":
			s.serveEWS(w, r)
		case path == "/autodiscover/autodiscover.svc":
			s.serveAutodiscover(w, r)
		case path == "/autodiscover/autodiscover.xml":
			s.servePOX(w, r)
		case strings.HasPrefix(path, "/sim/"):
			control.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// Serve accepts connections of l until Close. It speaks HTTP/1.1, like the captures of Exchange, and always returns an
// error: http.ErrServerClosed after Close.
func (s *Server) Serve(l net.Listener) error { return s.http.Serve(l) }

// Close ends all streams abruptly, without Closed, and stops serving. It waits for the streams and producers.
func (s *Server) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	if first {
		close(s.done)
	}
	for st := range s.org.streams {
		st.finish(ending{why: "server closed", abrupt: true})
	}
	s.mu.Unlock()
	err := s.http.Close()
	s.running.Wait()
	return err
}

// start counts a stream or producer in, unless the server is closed.
func (s *Server) start() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}

// AddServer adds a mailbox server by its FQDN. One that had failed over is up again.
func (s *Server) AddServer(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.server(name)
}

// AddMailbox adds a mailbox with its well-known folders and a folder Projects. The server is added if it is not
// there; grouping is the GroupingInformation that Autodiscover answers. An existing mailbox keeps its content.
func (s *Server) AddMailbox(address, server, grouping string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.addMailbox(address, server, grouping, time.Now())
}

// RemoveMailbox removes a mailbox; its subscriptions die with ErrorSubscriptionNotFound. It panics when there is none.
func (s *Server) RemoveMailbox(address string) {
	must(s.removeMailbox(address))
}

func (s *Server) removeMailbox(address string) (struct{}, error) {
	return act(s, address, func(mb *mailbox, now time.Time) (struct{}, error) {
		s.org.removeMailbox(mb, now)
		return struct{}{}, nil
	})
}

// record notes a request that was answered.
func (s *Server) record(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.requests.add(r)
	s.org.counts.Requests[r.Operation]++
}

// Truth returns a copy of what happened.
func (s *Server) Truth() Truth {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.expireAll(time.Now())
	return s.org.truth()
}

// Counts returns totals.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.expireAll(time.Now())
	return s.org.totals()
}
