package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/health"
)

func get(o *Observation, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	httpHandler(o.Metrics, o.Health).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestProbes(t *testing.T) {
	o := NewObservation(config.Default(), StageStreamer)
	connected := false
	o.Health.Add("streamer nats", func() (bool, string) {
		if connected {
			return true, ""
		}
		return false, "disconnected"
	})
	w := get(o, "/readyz")
	var have health.Report
	if err := json.Unmarshal(w.Body.Bytes(), &have); err != nil {
		t.Fatal(err)
	}
	want := health.Report{Checks: []health.Result{{Name: "configuration", OK: true}, {Name: "streamer nats", Why: "disconnected"}}}
	if diff := cmp.Diff(want, have); diff != "" || w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503; want -, have +\n%s", w.Code, diff)
	}
	if w := get(o, "/healthz"); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("without NATS a process is alive: have %d", w.Code)
	}
	connected = true
	if w := get(o, "/readyz"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"ok": true`) {
		t.Errorf("have %d %s, want ready", w.Code, w.Body)
	}
	o.Health.Drain()
	if w := get(o, "/readyz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "draining") {
		t.Errorf("have %d %s, want unready by draining", w.Code, w.Body)
	}
	turned, _ := o.Health.AddLoop("keeper", time.Second)
	turned(time.Now().Add(-time.Minute))
	if w := get(o, "/healthz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "keeper") {
		t.Errorf("have %d %s, want a loop that stands to be told", w.Code, w.Body)
	}
	if w := get(o, "/metrics"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "ewsnats_build_info") {
		t.Errorf("have %d, want metrics", w.Code)
	}
	if w := get(o, "/"); w.Code != http.StatusNotFound {
		t.Errorf("have %d, want nothing else to be there", w.Code)
	}
}

func TestHTTPServesUntilItsContextEnds(t *testing.T) {
	o := NewObservation(config.Default())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- serveHTTP(ctx, listener, httpHandler(o.Metrics, o.Health), slog.New(slog.DiscardHandler))
	}()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	response, err := client.Get("http://" + listener.Addr().String() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("have %d, %v", response.StatusCode, err)
	}
	response.Body.Close()
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Errorf("have %v, want %v", err, context.Canceled)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("it still listens")
	}
}

func TestHTTPIsOffByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewObservation(config.Default())
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := NewHTTP(config.Default(), slog.New(slog.DiscardHandler), o.Metrics, o.Health)(ctx); err != context.DeadlineExceeded {
			t.Errorf("have %v, want it to wait", err)
		}
	})
}

func TestHTTPAddressInUseSaysWhatToDo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := config.Default()
	cfg.HTTP.Listen = taken.Addr().String()
	o := NewObservation(cfg)
	err = NewHTTP(cfg, slog.New(slog.DiscardHandler), o.Metrics, o.Health)(t.Context())
	if ExitCode(err) != ExitConfig || !strings.Contains(err.Error(), "http.listen") || !strings.Contains(err.Error(), "name another") {
		t.Errorf("have %v, exit code %d", err, ExitCode(err))
	}
}

func TestHTTPTellsWhereItListens(t *testing.T) {
	var out bytes.Buffer
	cfg := config.Default()
	cfg.HTTP.Listen = "127.0.0.1:0"
	o := NewObservation(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewHTTP(cfg, NewLogger(cfg.Log, "streamer", &out), o.Metrics, o.Health)(ctx); err != context.Canceled {
		t.Errorf("have %v", err)
	}
	if !strings.Contains(out.String(), `"address":"127.0.0.1:`) {
		t.Errorf("have %s", out.String())
	}
}

func TestProbesAreAnsweredWhileActorsEnd(t *testing.T) {
	cfg := config.Default()
	cfg.HTTP.Listen = freeAddress(t)
	o := NewObservation(cfg)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ready := func() string {
		response, err := client.Get("http://" + cfg.HTTP.Listen + "/readyz")
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return response.Status + string(body)
	}
	ctx, cancel := context.WithCancel(t.Context())
	begin := make(chan struct{})
	seen := ""
	log := slog.New(listening{func() { close(begin) }})
	err := RunServed(ctx, cfg, log, o, func(ctx context.Context) error {
		<-begin
		if have := ready(); !strings.HasPrefix(have, "200") {
			t.Errorf("have %s, want ready", have)
		}
		cancel()
		<-ctx.Done()
		for seen = ready(); !strings.Contains(seen, "draining") && t.Context().Err() == nil; seen = ready() {
		}
		return ctx.Err()
	})
	if err != context.Canceled || !strings.HasPrefix(seen, "503") {
		t.Errorf("have %v and %s, want unready by draining", err, seen)
	}
	if have := ready(); !strings.Contains(have, "refused") {
		t.Errorf("afterwards have %s, want no listener", have)
	}
}

// listening calls back when the listener is told.
type listening struct{ told func() }

func (listening) Enabled(context.Context, slog.Level) bool        { return true }
func (l listening) Handle(_ context.Context, _ slog.Record) error { l.told(); return nil }
func (l listening) WithAttrs([]slog.Attr) slog.Handler            { return l }
func (l listening) WithGroup(string) slog.Handler                 { return l }

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAListenerThatFailsEndsTheProcess(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := config.Default()
	cfg.HTTP.Listen = taken.Addr().String()
	if err := RunServed(t.Context(), cfg, slog.New(slog.DiscardHandler), NewObservation(cfg), waits); ExitCode(err) != ExitConfig {
		t.Errorf("have %v, want the failure to listen", err)
	}
}
