package exchangesim

import (
	"bytes"
	"fmt"
	"net/mail"
	"time"
)

// DeliverMIME puts a mail in Internet format (RFC 5322) into the inbox of a mailbox, and keeps its bytes for MIME. It
// panics when there is no such mailbox or the header cannot be read.
func (s *Server) DeliverMIME(address string, raw []byte) Item {
	return must(s.deliverMIME(address, raw))
}

func (s *Server) deliverMIME(address string, raw []byte) (Item, error) {
	if _, err := mail.ReadMessage(bytes.NewReader(raw)); err != nil {
		return Item{}, fmt.Errorf("exchangesim: no mail of RFC 5322, which begins with its header and an empty line: %w", err)
	}
	return act(s, address, func(mb *mailbox, now time.Time) (Item, error) {
		it := s.org.deliver(mb, now)
		it.mime = bytes.Clone(raw)
		return it.public(), nil
	})
}

// MIME returns the bytes of a mail that DeliverMIME put there, or nil when it is gone or was made without. It panics when
// there is no such mailbox.
func (s *Server) MIME(address, itemID string) []byte { return must(s.mimeOf(address, itemID)) }

func (s *Server) mimeOf(address, itemID string) (raw []byte, err error) {
	return act(s, address, func(mb *mailbox, _ time.Time) ([]byte, error) {
		if it := mb.item(itemID); it != nil {
			return it.mime, nil
		}
		return nil, nil
	})
}
