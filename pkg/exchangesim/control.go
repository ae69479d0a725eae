package exchangesim

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// control is the control endpoint; docs/simulator.md lists its paths.
type control struct {
	mux   *http.ServeMux
	paths []string // "POST /sim/deliver"
}

func (s *Server) newControl() *control {
	c := &control{mux: http.NewServeMux()}
	c.get("truth", func() any { return s.Truth() })
	c.get("counts", func() any { return s.Counts() })
	s.controlTopology(c)
	s.controlUsers(c)
	s.controlFate(c)
	s.controlState(c)
	s.controlAccess(c)
	s.servePage(c.mux)
	return c
}

func (c *control) handle(path string, do http.HandlerFunc) {
	c.paths = append(c.paths, path)
	c.mux.HandleFunc(path, do)
}

func (c *control) get(name string, do func() any) {
	c.handle("GET /sim/"+name, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, do()) })
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
	Advance     string   `json:"advance"`
}

func (s *Server) controlTopology(c *control) {
	post(c, "addserver", func(b body) (any, error) {
		if b.Server == "" {
			return nil, errors.New("addserver: server is missing")
		}
		s.AddServer(b.Server)
		return nil, nil
	})
	post(c, "addmailbox", func(b body) (any, error) {
		if b.Server == "" || !strings.Contains(b.Mailbox, "@") {
			return nil, errors.New("addmailbox: server is missing, or mailbox is no address")
		}
		s.AddMailbox(b.Mailbox, b.Server, b.Grouping)
		return nil, nil
	})
	post(c, "removemailbox", func(b body) (any, error) { return s.removeMailbox(b.Mailbox) })
}

func (s *Server) controlUsers(c *control) {
	post(c, "invite", func(b body) (any, error) { return s.invite(b.Mailbox) })
	post(c, "savedraft", func(b body) (any, error) { return s.saveDraft(b.Mailbox) })
	post(c, "create", func(b body) (any, error) { return s.create(b.Mailbox, b.Folder) })
	post(c, "markread", func(b body) (any, error) { return s.found(b, s.markRead) })
	post(c, "move", func(b body) (any, error) {
		return s.found(b, func(mailbox, id string) (Item, error) { return s.move(mailbox, id, b.To) })
	})
	post(c, "copy", func(b body) (any, error) {
		return s.found(b, func(mailbox, id string) (Item, error) { return s.copyItem(mailbox, id, b.To) })
	})
	post(c, "delete", func(b body) (any, error) { return s.found(b, s.deleteItem) })
	post(c, "createfolder", func(b body) (any, error) { return s.createFolder(b.Mailbox, b.Parent, b.Name) })
	post(c, "accept", func(b body) (any, error) { return s.accept(b.Mailbox) })
	post(c, "produce", s.controlProduce)
}

// found does something to the item of a request, which is the mailbox's newest one when the request names none.
func (s *Server) found(b body, do func(mailbox, itemID string) (Item, error)) (any, error) {
	if b.ItemID == "" {
		b.ItemID = s.newestItem(b.Mailbox)
	}
	it, err := do(b.Mailbox, b.ItemID)
	if err == nil && it.ID == "" {
		return nil, errors.New("no such item; it may have been moved or deleted")
	}
	return it, err
}

func (s *Server) controlFate(c *control) {
	post(c, "failover", func(b body) (any, error) {
		if b.To == "" {
			return nil, errors.New("failover: to is missing")
		}
		return s.failover(b.Server, b.To, FailoverOptions{NewGrouping: b.NewGrouping, Silent: b.Silent, Code: b.Code})
	})
	post(c, "restart", func(b body) (any, error) { return s.restart(b.Server) })
	post(c, "movemailbox", func(b body) (any, error) {
		if b.Server == "" {
			return nil, errors.New("movemailbox: server is missing")
		}
		return s.moveMailbox(b.Mailbox, b.Server, b.Grouping)
	})
	post(c, "dropsubscriptions", func(b body) (any, error) { s.DropSubscriptions(b.Mailboxes...); return nil, nil })
	post(c, "cutstreams", func(b body) (any, error) { s.CutStreams(b.Mailboxes...); return nil, nil })
	post(c, "closestreams", func(b body) (any, error) { s.CloseStreams(b.Mailboxes...); return nil, nil })
	post(c, "fail", func(f Fault) (any, error) {
		number, err := s.addFault(f)
		return map[string]int{"id": number}, err
	})
	post(c, "unfail", func(b body) (any, error) { s.removeFault(b.ID); return nil, nil })
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
func post[T any](c *control, name string, do func(T) (any, error)) {
	c.handle("POST /sim/"+name, jsonHandler(name, do))
}

func jsonHandler[T any](name string, do func(T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
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
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client has gone
}
