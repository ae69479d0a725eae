// Package natsserver runs a NATS server with JetStream inside the process, for the
// all-in-one command, the demonstration and the tests.
//
// It stores in files. [Start] gives one server, without replicas: what it
// acknowledged survives the end of the process, not the loss of the disk.
// [StartCluster] gives several, for tests of what holds with replicas.
package natsserver

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Config says where the server listens and stores. The zero value is a server on
// a free port of the loopback that stores in a folder of its own, removed at Shutdown.
type Config struct {
	Dir      string // folder of the streams; empty: a temporary one
	Host     string // address to listen on; default 127.0.0.1
	Port     int    // 0: a free one
	MaxStore int64  // bytes that streams may take; default 20 GiB
	User     string // asked of clients, with Password; empty: anyone may connect
	Password string
	Logger   *slog.Logger
}

const (
	defaultHost     = "127.0.0.1"
	defaultMaxStore = 20 << 30
	maxMemory       = 256 << 20 // for the consumers of folds; streams are in files
	readyTimeout    = 20 * time.Second
	readyStep       = 50 * time.Millisecond
)

// Server is a running server.
type Server struct {
	cfg       Config
	member    *member // of a cluster; nil: it is alone
	temporary bool    // Dir is ours to remove

	mu   sync.Mutex
	nats *server.Server // replaced by Restart, while clients may be connecting
}

// Start starts a server and waits until it takes connections.
func Start(cfg Config) (*Server, error) { return start(cfg, nil) }

func start(cfg Config, member *member) (*Server, error) {
	if cfg.Host == "" {
		cfg.Host = defaultHost
	}
	if cfg.MaxStore == 0 {
		cfg.MaxStore = defaultMaxStore
	}
	s := &Server{cfg: cfg, member: member}
	if cfg.Dir == "" {
		dir, err := os.MkdirTemp("", "ewsnats-jetstream-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the streams: %w", err)
		}
		s.cfg.Dir, s.temporary = dir, true
	}
	if err := s.start(); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

func (s *Server) start() error {
	port := s.cfg.Port
	if port == 0 {
		port = server.RANDOM_PORT
	}
	options := &server.Options{
		ServerName:         "ewsnats-embedded",
		Host:               s.cfg.Host,
		Port:               port,
		JetStream:          true,
		StoreDir:           s.cfg.Dir,
		JetStreamMaxStore:  s.cfg.MaxStore,
		JetStreamMaxMemory: maxMemory,
		Username:           s.cfg.User,
		Password:           s.cfg.Password,
		NoSigs:             true,
	}
	s.member.complete(options)
	ns, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("configure the embedded NATS server: %w", err)
	}
	log := newLogger(s.cfg.Logger)
	ns.SetLoggerV2(log, false, false, false)
	ns.Start()
	if err := awaitReady(ns, log.fatal); err != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
		return fmt.Errorf("start the embedded NATS server on %s with its streams in %s: %w",
			net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port)), s.cfg.Dir, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nats = ns
	if s.cfg.Port == 0 {
		s.cfg.Port = ns.Addr().(*net.TCPAddr).Port // a restart keeps it
	}
	return nil
}

// awaitReady waits until the server takes connections or says why it never will.
func awaitReady(ns *server.Server, fatal <-chan string) error {
	for deadline := time.Now().Add(readyTimeout); time.Now().Before(deadline); {
		if ns.ReadyForConnections(readyStep) {
			return nil
		}
		select {
		case reason := <-fatal:
			return errors.New(reason)
		default:
		}
	}
	return fmt.Errorf("it takes no connections after %s", readyTimeout)
}

func (s *Server) current() *server.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nats
}

// ClientURL is the URL that clients connect to. A restart keeps it.
func (s *Server) ClientURL() string { return s.current().ClientURL() }

// InProcessConn opens a connection without a socket.
func (s *Server) InProcessConn() (net.Conn, error) { return s.current().InProcessConn() }

// Restart stops the server if it runs and starts it again on the same port and
// with the same streams.
func (s *Server) Restart() error {
	s.Stop()
	return s.start()
}

// Stop ends the server and waits until it has ended. The streams stay.
func (s *Server) Stop() {
	ns := s.current()
	ns.Shutdown()
	ns.WaitForShutdown()
}

// Shutdown ends the server, waits until it has ended, and removes the streams if
// their folder was a temporary one.
func (s *Server) Shutdown() error {
	s.Stop()
	return s.remove()
}

func (s *Server) remove() error {
	if !s.temporary {
		return nil
	}
	if err := os.RemoveAll(s.cfg.Dir); err != nil {
		return errors.Join(errors.New("remove the temporary streams"), err)
	}
	return nil
}
