package simsmtp

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// session is the conversation with one client.
type session struct {
	sim  *exchangesim.Server
	conn *smtp.Conn
	to   []string // mailboxes of the mail to come, each once
}

// Mail takes any sender.
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !s.sim.HasMailbox(to) {
		return unknown(to)
	}
	if to = strings.ToLower(to); !slices.Contains(s.to, to) {
		s.to = append(s.to, to)
	}
	return nil
}

func unknown(to string) error {
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No mailbox " + to + " in this organisation"}
}

// Data delivers a mail to all its mailboxes, or to those that are still there.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	raw = s.traced(raw, time.Now())
	var missed error
	delivered := 0
	for _, to := range s.to {
		if _, err := s.sim.DeliverMIME(to, raw); err != nil {
			missed = unknown(to)
			continue
		}
		delivered++
	}
	if delivered == 0 {
		return missed
	}
	return nil
}

// traced puts the trace line of RFC 5321 above a mail, and makes one of a text that has no header.
func (s *session) traced(raw []byte, now time.Time) []byte {
	from := s.conn.Conn().RemoteAddr().String()
	if host, _, err := net.SplitHostPort(from); err == nil {
		from = host
	}
	trace := fmt.Sprintf("Received: from %s (%s) by exchangesim with ESMTP; %s\r\n", s.conn.Hostname(), from, now.Format(time.RFC1123Z))
	if _, err := mail.ReadMessage(bytes.NewReader(raw)); err != nil {
		trace += "\r\n"
	}
	return append([]byte(trace), raw...)
}

// Reset forgets a mail that was begun.
func (s *session) Reset() { s.to = nil }

// Logout has nothing to free.
func (s *session) Logout() error { return nil }
