// Package simsmtp brings mails into the mailboxes of a simulated Exchange by SMTP, as mail servers and programs that send
// mail do. It stands beside package exchangesim so that whoever does without SMTP does without its library.
//
// It knows the mailboxes of the simulator alone: to others, who would have to be relayed to, RCPT is answered 550 5.1.1.
// It asks no login and speaks no TLS.
package simsmtp

import (
	"net"

	"github.com/emersion/go-smtp"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// MaxMessageBytes is the size of a mail from which on it is refused with 552 5.3.4, that of a receive connector of
// Exchange which nobody has changed.
const MaxMessageBytes = 36 << 20

const (
	maxRecipients = 200     // of one mail, as such a connector has it
	maxLine       = 1 << 20 // also in a mail: senders that do not fold are no reason to hang up
)

// Server takes mails until Close.
type Server struct {
	smtp     *smtp.Server
	listener net.Listener
	ended    chan struct{}
}

// Start serves on a listener, which Close closes.
func Start(sim *exchangesim.Server, l net.Listener) *Server { return start(sim, l, MaxMessageBytes) }

func start(sim *exchangesim.Server, l net.Listener, maxBytes int64) *Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{sim: sim, conn: c}, nil
	}))
	server.Domain = "exchangesim"
	server.MaxMessageBytes, server.MaxRecipients, server.MaxLineLength = maxBytes, maxRecipients, maxLine
	server.EnableSMTPUTF8 = true
	s := &Server{smtp: server, listener: l, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		_ = server.Serve(l) // ends with Close
	}()
	return s
}

// Addr is the address that mails are taken at.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close stops taking mails and cuts the connections.
func (s *Server) Close() error {
	err := s.smtp.Close()
	_ = s.listener.Close() // closed already, unless Serve had not begun
	<-s.ended
	return err
}
