package exchangesim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// controlHandler serves the control endpoint; doc.go lists its paths.
func (s *Server) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sim/truth", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Truth()) })
	mux.HandleFunc("GET /sim/counts", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Counts()) })
	s.controlTopology(mux)
	s.controlUsers(mux)
	s.controlFate(mux)
	return mux
}

// body is what the POSTs of the control endpoint take; each uses some of the fields.
type body struct {
	Name        string   `json:"name"`
	Mailbox     string   `json:"mailbox"`
	Mailboxes   []string `json:"mailboxes"`
	Server      string   `json:"server"`
	To          string   `json:"to"`
	Grouping    string   `json:"grouping"`
	Folder      string   `json:"folder"`
	Parent      string   `json:"parent"`
	ItemID      string   `json:"itemId"`
	MIME        string   `json:"mime"`
	NewGrouping string   `json:"newGrouping"`
	Silent      bool     `json:"silent"`
	Code        string   `json:"code"`
	ID          int      `json:"id"`
	Rate        float64  `json:"rate"`
	Seed        int64    `json:"seed"`
	Duration    string   `json:"duration"`
}

func (s *Server) controlTopology(mux *http.ServeMux) {
	post(mux, "addserver", func(b body) (any, error) {
		if b.Server == "" {
			return nil, errors.New("addserver: server is missing")
		}
		s.AddServer(b.Server)
		return nil, nil
	})
	post(mux, "addmailbox", func(b body) (any, error) {
		if b.Server == "" || !strings.Contains(b.Mailbox, "@") {
			return nil, errors.New("addmailbox: server is missing, or mailbox is no address")
		}
		s.AddMailbox(b.Mailbox, b.Server, b.Grouping)
		return nil, nil
	})
	post(mux, "removemailbox", func(b body) (any, error) { return s.removeMailbox(b.Mailbox) })
}

func (s *Server) controlUsers(mux *http.ServeMux) {
	post(mux, "deliver", func(b body) (any, error) { return s.controlDeliver(b) })
	post(mux, "create", func(b body) (any, error) { return s.create(b.Mailbox, b.Folder) })
	post(mux, "markread", func(b body) (any, error) { return found(s.markRead(b.Mailbox, b.ItemID)) })
	post(mux, "move", func(b body) (any, error) { return found(s.move(b.Mailbox, b.ItemID, b.To)) })
	post(mux, "copy", func(b body) (any, error) { return found(s.copyItem(b.Mailbox, b.ItemID, b.To)) })
	post(mux, "delete", func(b body) (any, error) { return found(s.deleteItem(b.Mailbox, b.ItemID)) })
	post(mux, "createfolder", func(b body) (any, error) { return s.createFolder(b.Mailbox, b.Parent, b.Name) })
	post(mux, "accept", func(b body) (any, error) { return s.accept(b.Mailbox) })
	post(mux, "produce", s.controlProduce)
}

// controlDeliver delivers the message given, or a generated one.
func (s *Server) controlDeliver(b body) (any, error) {
	if b.MIME == "" {
		return s.deliver(b.Mailbox, nil)
	}
	says, err := readMIME([]byte(b.MIME))
	if err != nil {
		return nil, fmt.Errorf("deliver: mime: %w", err)
	}
	return s.deliver(b.Mailbox, says)
}

func found(it Item, err error) (any, error) {
	if err == nil && it.ID == "" {
		return nil, errors.New("no such item; it may have been moved or deleted")
	}
	return it, err
}

func (s *Server) controlFate(mux *http.ServeMux) {
	post(mux, "failover", func(b body) (any, error) {
		if b.To == "" {
			return nil, errors.New("failover: to is missing")
		}
		return s.failover(b.Server, b.To, FailoverOptions{NewGrouping: b.NewGrouping, Silent: b.Silent, Code: b.Code})
	})
	post(mux, "restart", func(b body) (any, error) { return s.restart(b.Server) })
	post(mux, "movemailbox", func(b body) (any, error) {
		if b.Server == "" {
			return nil, errors.New("movemailbox: server is missing")
		}
		return s.moveMailbox(b.Mailbox, b.Server, b.Grouping)
	})
	post(mux, "dropsubscriptions", func(b body) (any, error) { s.DropSubscriptions(b.Mailboxes...); return nil, nil })
	post(mux, "cutstreams", func(b body) (any, error) { s.CutStreams(b.Mailboxes...); return nil, nil })
	post(mux, "closestreams", func(b body) (any, error) { s.CloseStreams(b.Mailboxes...); return nil, nil })
	post(mux, "script", func(f Fault) (any, error) {
		number, err := s.addScript(f)
		return map[string]int{"id": number}, err
	})
	post(mux, "unscript", func(b body) (any, error) { s.removeScript(b.ID); return nil, nil })
}

// controlProduce starts producers for a while, which goes on behind the answer.
func (s *Server) controlProduce(b body) (any, error) {
	d, err := time.ParseDuration(b.Duration)
	if err != nil || d <= 0 || b.Rate <= 0 {
		return nil, errors.New(`produce: rate must be above 0, and duration one like "10s"`)
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), d)
		defer cancel()
		s.Produce(ctx, b.Rate, b.Seed)
	}()
	return nil, nil
}

// maxControl bounds a request to the control endpoint.
const maxControl = 1 << 20

// post serves a path that takes and answers JSON. Mistakes are answered 400 with their words.
func post[T any](mux *http.ServeMux, name string, do func(T) (any, error)) {
	mux.HandleFunc("POST /sim/"+name, func(w http.ResponseWriter, r *http.Request) {
		var in T
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControl))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			http.Error(w, name+": the body is not the JSON expected: "+err.Error(), http.StatusBadRequest)
			return
		}
		out, err := do(in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if out == nil {
			out = struct{}{}
		}
		writeJSON(w, out)
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client has gone
}
