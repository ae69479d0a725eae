package exchangesim

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"time"
)

//go:embed page
var pageFiles embed.FS

var pageTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.Local().Format(time.TimeOnly) },
	"took":  took,
	"short": func(id string) string { return id[:min(8, len(id))] },
	"tail":  func(id string) string { return id[max(0, len(id)-10):] },
}).ParseFS(pageFiles, "page/*.html"))

// servePage adds the page for people to the control endpoint: it shows what goes on and asks for its sections every
// second.
func (s *Server) servePage(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.pageHandler("page.html"))
	mux.HandleFunc("GET /sim/live", s.pageHandler("live.html"))
	for _, name := range []string{"page.css", "page.js"} {
		mux.HandleFunc("GET /sim/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, pageFiles, "page/"+name)
		})
	}
}

func (s *Server) pageHandler(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.look(r.URL.Query().Get("q"))
		v.Base = s.baseURL(r)
		var b bytes.Buffer
		if err := pageTemplates.ExecuteTemplate(&b, name, v); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'")
		_, _ = w.Write(b.Bytes()) // the browser has gone
	}
}
