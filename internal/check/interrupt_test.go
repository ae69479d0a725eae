package check

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// An interrupted check leaves no subscription, whether the interrupt comes before the answer to Subscribe or later.
func TestInterrupt(t *testing.T) {
	for _, c := range []struct {
		operation string
		handle    func(cancel func(), w http.ResponseWriter, r *http.Request, next http.Handler)
	}{
		{"<m:Subscribe>", func(cancel func(), w http.ResponseWriter, r *http.Request, next http.Handler) {
			cancel()
			next.ServeHTTP(w, r)
		}},
		{"GetStreamingEvents", func(cancel func(), _ http.ResponseWriter, r *http.Request, _ http.Handler) {
			cancel()
			<-r.Context().Done()
		}},
	} {
		inBubble(t, c.operation, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w := newWorld(t, exchangesim.Config{})
			w.before = about(c.operation, func(rw http.ResponseWriter, r *http.Request, next http.Handler) { c.handle(cancel, rw, r, next) })
			w.serve()
			if err := w.run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("have %v, want that it was cancelled", err)
			}
			truth := w.sim.Truth().Subscriptions
			if len(truth) != 1 || truth[0].EndedWhy != "unsubscribed" {
				t.Errorf("have %+v, want one that was unsubscribed\n%s", truth, &w.out)
			}
		})
	}
}

// Nobody reading is no reason to leave a subscription behind.
func TestDeafReader(t *testing.T) {
	inBubble(t, "from Subscribe on", func(t *testing.T) {
		w := newWorld(t, exchangesim.Config{})
		w.serve()
		deaf := errors.New("broken pipe")
		err := Run(t.Context(), w.cfg, func(f Finding) error {
			if f.Step == "Subscribe" {
				return deaf
			}
			return nil
		})
		if n := w.sim.Counts().Subscriptions; n != 0 || !errors.Is(err, deaf) {
			t.Errorf("have %v, and %d subscriptions are left", err, n)
		}
	})
}

// A step waits for its answer no longer than the time-out, and the whole has an end too.
func TestBounds(t *testing.T) {
	inBubble(t, "a request", func(t *testing.T) {
		w := newWorld(t, exchangesim.Config{})
		w.before = about("GetFolder", func(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() })
		w.serve()
		begun := time.Now()
		if err := w.run(t.Context()); exitCode(err) != 69 || time.Since(begun) != w.cfg.Timeout {
			t.Errorf("have %v after %s\n%s", err, time.Since(begun), &w.out)
		}
	})
	over, cancel := context.WithTimeoutCause(t.Context(), 0, errOver)
	defer cancel()
	f := step{run: func(context.Context) Finding { return ok("tried") }}.take(over, nil)
	if f.Status != NotTried || f.Text != errOver.Error() {
		t.Errorf("have %+v, want that the time is over", f)
	}
}
