package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// simMinute is the simulated Exchange's minute: heartbeats every 7.5 s and
// renewed connections within five real minutes.
const simMinute = 10 * time.Second

// servers are the mailbox servers with their GroupingInformation. The first one
// fails over to the second in the same site.
var servers = []struct{ name, grouping string }{
	{"ex01.sim.test", "Site-A"},
	{"ex02.sim.test", "Site-A"},
	{"ex03.sim.test", "Site-B"},
}

// world is everything that the demonstration runs.
type world struct {
	o        options
	state    *state
	dir      string
	nats     *natsserver.Server
	sim      *exchangesim.Server
	truth    func() exchangesim.Truth // what happened
	listener net.Listener
	cfg      *config.Config
	log      *slog.Logger

	stop    context.CancelFunc
	users   context.CancelFunc
	working sync.WaitGroup // users
	running sync.WaitGroup // all else
	stages  chan error
	bus     *jetbus.Bus
}

// build makes the parts and starts the servers.
func build(o options, state *state) (_ *world, err error) {
	w := &world{o: o, state: state, stages: make(chan error, 1), log: slog.New(state.logHandler())}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.dir, err = os.MkdirTemp("", "ewsnats-demo-"); err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	if w.nats, err = natsserver.Start(natsserver.Config{Dir: filepath.Join(w.dir, "jetstream")}); err != nil {
		return nil, err
	}
	if w.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen for the simulated Exchange: %w", err)
	}
	url := "http://" + w.listener.Addr().String()
	w.sim = exchangesim.New(exchangesim.Config{Minute: simMinute, ExternalURL: url})
	w.truth = w.sim.Truth
	var list strings.Builder
	for i := range o.mailboxes {
		server := servers[i%len(servers)]
		address := fmt.Sprintf("user%02d@example.com", i+1)
		w.sim.AddMailbox(address, server.name, server.grouping)
		list.WriteString(address + "\n")
	}
	path := filepath.Join(w.dir, "mailboxes.txt")
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		return nil, fmt.Errorf("write the mailbox list: %w", err)
	}
	w.cfg = config.Default()
	w.cfg.NATS.URL = w.nats.ClientURL()
	w.cfg.Exchange.Autodiscover.URL = url + "/autodiscover/autodiscover.svc"
	w.cfg.Mailboxes.List = path
	state.natsURL, state.exchangeURL = w.cfg.NATS.URL, url
	return w, nil
}

// start starts the stages, the users and the watching.
func (w *world) start(ctx context.Context) (err error) {
	ctx, w.stop = context.WithCancel(ctx)
	w.running.Go(func() { _ = w.sim.Serve(w.listener) })
	if w.bus, err = app.OpenBus(ctx, w.cfg, "demo", w.log); err != nil {
		return err
	}
	if err := w.watch(ctx); err != nil {
		return err
	}
	o := app.NewObservation(w.cfg, app.StageDiscoverer, app.StageSubscriber, app.StageStreamer)
	w.running.Go(func() {
		w.stages <- app.Run(ctx, w.cfg.Drain,
			app.Discoverer(w.cfg, w.log.With("stage", app.StageDiscoverer), o),
			app.Subscriber(w.cfg, w.log.With("stage", app.StageSubscriber), o),
			app.Streamer(w.cfg, w.log.With("stage", app.StageStreamer), o))
	})
	users, stop := context.WithCancel(ctx)
	w.users = stop
	w.working.Go(func() { w.sim.Produce(users, w.o.rate, time.Now().UnixNano()) })
	w.working.Go(func() { w.failOver(users) })
	return nil
}

// failOver makes a mailbox server fail over once.
func (w *world) failOver(ctx context.Context) {
	if w.o.failoverAfter == 0 {
		return
	}
	select {
	case <-time.After(w.o.failoverAfter):
	case <-ctx.Done():
		return
	}
	from, to := servers[0], servers[1]
	w.state.say(fmt.Sprintf("mailbox server %s fails over to %s", from.name, to.name))
	w.sim.Failover(from.name, to.name, exchangesim.FailoverOptions{})
}

// watch folds what the stages record and publish.
func (w *world) watch(ctx context.Context) error {
	mailboxes, err := w.bus.Mailboxes(ctx)
	if err != nil {
		return err
	}
	groups, err := w.bus.Groups(ctx)
	if err != nil {
		return err
	}
	events, err := w.bus.FollowEvents(ctx, nil, jetbus.From{})
	if err != nil {
		return err
	}
	for _, facts := range []<-chan messages.Recorded{mailboxes, groups} {
		w.running.Go(func() {
			for recorded := range facts {
				w.state.fact(recorded)
			}
		})
	}
	w.running.Go(func() {
		for e := range events {
			if e.Event != nil {
				w.state.event(e)
			}
		}
	})
	return nil
}

// close ends everything that was started.
func (w *world) close() {
	if w.stop != nil {
		w.stop()
	}
	w.working.Wait()
	if w.sim != nil {
		_ = w.sim.Close()
	}
	if w.bus != nil {
		w.bus.Close()
	}
	w.running.Wait()
	if w.nats != nil {
		_ = w.nats.Shutdown()
	}
	if w.dir != "" {
		_ = os.RemoveAll(w.dir)
	}
}
