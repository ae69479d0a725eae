package exchangesim

import (
	"crypto/x509"
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
	advanced atomic.Int64 // nanoseconds, see Advance

	mu     sync.Mutex // guards org, closed and clients; nobody waits with it
	org    *organisation
	closed bool

	done    chan struct{}
	running sync.WaitGroup // streams, producers and what Start began
	roots   *x509.CertPool // of Client; nil: the system's
	clients []*http.Transport
	http    *http.Server
	scheme  LoginScheme // nil: Basic, or nothing is asked for
}

// New makes an organisation without servers and mailboxes.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, started: time.Now(), org: newOrganisation(cfg), done: make(chan struct{}), scheme: cfg.loginScheme()}
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Minute, Protocols: new(http.Protocols), ConnContext: s.ConnContext}
	s.http.Protocols.SetHTTP1(true)
	return s
}

// ControlHandler serves the control endpoint below /sim/, and at / a page that shows what goes on.
func (s *Server) ControlHandler() http.Handler { return s.newControl().mux }

// Handler serves EWS, Autodiscover and, unless Config.NoControl says otherwise, what ControlHandler serves. Paths count
// without case, as with IIS.
func (s *Server) Handler() http.Handler {
	control := s.ControlHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.ToLower(r.URL.Path); {
		case path == "/ews/exchange.asmx":
			s.serveEWS(w, r)
		case path == "/autodiscover/autodiscover.svc" && s.cfg.Wire != WireGromox:
			s.serveAutodiscover(w, r)
		case path == "/autodiscover/autodiscover.xml":
			s.servePOX(w, r)
		case !s.cfg.NoControl && (path == "/" || strings.HasPrefix(path, "/sim/")):
			control.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// Serve accepts connections of l, which may be those of TLS, until Close. It speaks HTTP/1.1, like the captures of
// Exchange, and always returns an error: http.ErrServerClosed after Close.
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
	for _, tr := range s.clients {
		tr.CloseIdleConnections()
	}
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
	s.org.addMailbox(address, server, grouping, s.now())
}

// HasMailbox tells whether there is a mailbox of that address.
func (s *Server) HasMailbox(address string) bool {
	_, err := act(s, address, func(*mailbox, time.Time) (struct{}, error) { return struct{}{}, nil })
	return err == nil
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
	r.Took = s.now().Sub(r.At)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.requests.add(r)
	s.org.counts.Requests[r.Operation]++
}

// Truth returns a copy of what happened.
func (s *Server) Truth() Truth {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.expireAll(s.now())
	return s.org.truth()
}

// Counts returns totals.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.org.expireAll(s.now())
	return s.org.totals()
}

// Config returns what the server was made with, and what the profile decided.
func (s *Server) Config() Config { return s.cfg }
