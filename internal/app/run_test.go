package app

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oklog/run"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func waits(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestRunReturnsTheFirstErrorAfterAllHaveReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failure := errors.New("lost the server")
		flushed := false
		err := Run(t.Context(), time.Minute,
			func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(30 * time.Second)
				flushed = true
				return ctx.Err()
			},
			func(context.Context) error { return failure })
		if !errors.Is(err, failure) || !flushed {
			t.Errorf("have %v, flushed %t, want %v and flushed", err, flushed, failure)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := Run(ctx, time.Minute, waits, waits); !errors.Is(err, context.Canceled) {
			t.Errorf("have %v, want %v", err, context.Canceled)
		}
	})
}

func TestRunGivesUpAfterDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		stuck := func(ctx context.Context) error { time.Sleep(time.Hour); return nil }
		err := Run(t.Context(), 25*time.Second, stuck, func(context.Context) error { return nil })
		var drain *DrainError
		if !errors.As(err, &drain) || time.Since(begin) != 25*time.Second {
			t.Errorf("have %v after %s, want a DrainError after 25s", err, time.Since(begin))
		}
		time.Sleep(time.Hour) // let the stuck actor end
	})
}

func TestSignals(t *testing.T) {
	err := Run(t.Context(), time.Minute, Signals, waits, func(ctx context.Context) error {
		signalUntil(ctx, t)
		return waits(ctx)
	})
	if !errors.Is(err, run.ErrSignal) || ExitCode(err) != 143 {
		t.Errorf("have %v, exit code %d, want SIGTERM's", err, ExitCode(err))
	}
}

// signalUntil sends SIGTERM until ctx ends, which is when the actor has heard it.
// A channel of its own keeps the signal from ending the process before that.
func signalUntil(ctx context.Context, t *testing.T) {
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, syscall.SIGTERM)
	defer signal.Stop(ignored)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Error(err)
			return
		}
		<-tick.C
	}
}

func TestSignalsEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Signals(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("have %v, want %v", err, context.Canceled)
	}
}
