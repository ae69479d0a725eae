package exchangesim

import (
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"time"
)

// controlState serves the mails, budgets, clock and faults.
func (s *Server) controlState(c *control) {
	c.handle("POST /sim/deliver", s.controlDeliver)
	c.handle("GET /sim/mime", s.controlMIME)
	c.get("faults", func() any { return s.Faults() })
	c.get("budget", func() any { return s.SetBudget(Budget{}) })
	post(c, "budget", func(b Budget) (any, error) { return s.SetBudget(b), nil })
	c.get("clock", func() any { return clock{s.now()} })
	post(c, "clock", func(b body) (any, error) {
		d, err := time.ParseDuration(b.Advance)
		if err != nil {
			return nil, fmt.Errorf(`clock: advance is no duration such as "35m": %w`, err)
		}
		now, err := s.advance(d)
		return clock{now}, err
	})
}

type clock struct {
	Now time.Time `json:"now"`
}

// controlDeliver takes a mail as message/rfc822, and else a JSON object like the others.
func (s *Server) controlDeliver(w http.ResponseWriter, r *http.Request) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "message/rfc822" {
		jsonHandler("deliver", func(b body) (any, error) {
			if b.MIME == "" {
				return s.deliver(b.Mailbox, nil)
			}
			return s.deliverMIME(b.Mailbox, []byte(b.MIME))
		})(w, r)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControl))
	if err != nil {
		http.Error(w, fmt.Sprintf("deliver: a mail has at most %d bytes: %v", maxControl, err), http.StatusRequestEntityTooLarge)
		return
	}
	it, err := s.deliverMIME(r.URL.Query().Get("mailbox"), raw)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, it)
}

func (s *Server) deliverMIME(address string, raw []byte) (Item, error) {
	says, err := readMIME(raw)
	if err != nil {
		return Item{}, fmt.Errorf("deliver: mime: %w", err)
	}
	return s.deliver(address, says)
}

func (s *Server) controlMIME(w http.ResponseWriter, r *http.Request) {
	b := body{Mailbox: r.URL.Query().Get("mailbox"), ItemID: r.URL.Query().Get("itemId")}
	if b.ItemID == "" {
		b.ItemID = s.newestItem(b.Mailbox)
	}
	raw, err := s.mimeOf(b.Mailbox, b.ItemID)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case raw == nil:
		http.Error(w, "mime: no such item; it may have been moved or deleted", http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "message/rfc822")
		_, _ = w.Write(raw) // the client has gone
	}
}

// newestItem is the id of the item that came last; empty when there is none.
func (s *Server) newestItem(address string) string {
	id, _ := act(s, address, func(mb *mailbox, _ time.Time) (string, error) {
		if len(mb.items) == 0 {
			return "", nil
		}
		return mb.items[slices.Max(slices.Collect(maps.Keys(mb.items)))].id, nil
	}) // what comes after tells that there is no such mailbox
	return id
}
