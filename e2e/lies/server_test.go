package lies

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// What a server is asked for: the first element of Body.
const (
	opStream      = "GetStreamingEvents"
	opSubscribe   = "Subscribe"
	opUnsubscribe = "Unsubscribe"
	opFolders     = "GetFolder"
	opDiscover    = "GetUserSettingsRequestMessage"
)

// request is one that a server read.
type request struct {
	at     time.Time
	op     string
	url    string
	header http.Header
	as     string   // the mailbox that is impersonated, without its domain
	ids    []string // of subscriptions
	users  []string // whose settings are asked for

	folders []string // well-known ones
	of      string   // the mailbox that they are of, where they say it
	timeout string   // of a stream, in minutes
}

// act is a step of a script. Its error ends the connection.
type act func(*conn) error

// server reads requests and answers each by a script.
type server struct {
	listener *exchangesim.PipeListener
	script   func(*request) []act // what answers a request, by its kind and what was asked before
	serving  sync.WaitGroup

	rude bool // the older of two streams is told nothing

	mu      sync.Mutex
	asked   []request
	streams map[*conn]bool
	open    int    // connections
	peak    uint64 // bytes of the heap while a long answer was written
}

func newServer() *server {
	return &server{listener: exchangesim.NewPipeListener(), streams: map[*conn]bool{}}
}

// serve accepts connections until the listener is closed.
func (s *server) serve() {
	s.serving.Go(func() {
		for {
			c, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.serving.Go(func() { s.talk(&conn{Conn: c, server: s}) })
		}
	})
}

// stop ends the server; the clients have hung up.
func (s *server) stop() {
	_ = s.listener.Close()
	s.serving.Wait()
}

// talk answers the requests of a connection.
func (s *server) talk(c *conn) {
	s.count(1)
	defer s.count(-1)
	defer c.Close()
	for in := bufio.NewReader(c); ; {
		r, err := read(in)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.asked = append(s.asked, *r)
		s.mu.Unlock()
		c.request, c.chunked = r, false
		err = again(1, s.script(r)...)(c)
		s.forget(c)
		if err != nil && err != errAnswered {
			return
		}
	}
}

// takeOver notes a stream that begins, and tells those that had one of its subscriptions.
func (s *server) takeOver(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for older := range s.streams {
		shares := slices.ContainsFunc(older.request.ids, func(id string) bool { return slices.Contains(c.request.ids, id) })
		if !shares {
			continue
		}
		if delete(s.streams, older); !s.rude {
			s.serving.Go(func() { _ = again(1, fails("ErrorNewEventStreamConnectionOpened"), closed)(older) })
		}
	}
	s.streams[c] = true
}

// streaming are the streams that are open.
func (s *server) streaming() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.streams))
}

func (s *server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, c)
}

func (s *server) count(by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += by
}

// requests are those of a kind so far.
func (s *server) requests(op string) []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []request
	for _, r := range s.asked {
		if r.op == op {
			found = append(found, r)
		}
	}
	return found
}

var (
	operation    = regexp.MustCompile(`<s:Body><[ma]:(\w+)`)
	impersonated = regexp.MustCompile(`<t:SmtpAddress>([^@<]*)@`)
	subscription = regexp.MustCompile(`<[mt]:SubscriptionId>([^<]*)<`)
	user         = regexp.MustCompile(`<a:Mailbox>([^@<]*)@`)
	wellKnown    = regexp.MustCompile(`<t:DistinguishedFolderId Id="(\w+)"`)
	folderOwner  = regexp.MustCompile(`<t:EmailAddress>([^@<]*)@`)
	timeout      = regexp.MustCompile(`<m:ConnectionTimeout>(\d+)<`)
)

// read reads one request.
func read(in *bufio.Reader) (*request, error) {
	hr, err := http.ReadRequest(in)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(hr.Body)
	if err != nil {
		return nil, err
	}
	r := &request{at: time.Now(), url: "http://" + hr.Host + hr.URL.Path, header: hr.Header,
		op: first(operation, body), as: first(impersonated, body), ids: all(subscription, body), users: all(user, body),
		folders: all(wellKnown, body), of: first(folderOwner, body), timeout: first(timeout, body)}
	return r, nil
}

func all(pattern *regexp.Regexp, body []byte) []string {
	var found []string
	for _, m := range pattern.FindAllSubmatch(body, -1) {
		found = append(found, string(m[1]))
	}
	return found
}

func first(pattern *regexp.Regexp, body []byte) string {
	return strings.Join(all(pattern, body)[:min(1, len(all(pattern, body)))], "")
}

// conn is a connection and the request on it that is answered.
type conn struct {
	net.Conn
	server  *server
	request *request
	chunked bool // what is said goes out in chunks
}
