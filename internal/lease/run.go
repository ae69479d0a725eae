package lease

import (
	"context"
	"time"
)

// loop is the goroutine that owns the machine.
type loop struct {
	*Keeper
	m       *machine
	results chan result
	feed    <-chan Record
	writers chan struct{} // closed for those that nobody waits for any more

	believed bool
	stuck    string // why there is no progress, as it was logged
}

type result struct {
	write    write
	sequence uint64
	err      error
}

// lastWords is how long releasing everything and leaving may take.
const lastWords = 4 * time.Second

// Run registers the member and keeps it until ctx ends. Then it releases what it
// has and leaves, within seconds and as far as the store can be reached. Before that
// it returns only a [*DuplicateError]. It may be called once.
func (k *Keeper) Run(ctx context.Context) error {
	storing, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &loop{Keeper: k, m: k.machine(), results: make(chan result), writers: make(chan struct{})}
	defer l.end(stop)
	l.feed = l.follow(storing)
	ticker := time.NewTicker(k.cfg.TTL / 120)
	defer ticker.Stop()
	l.m.tick(k.clock.now(), l.progresses())
	done, late := ctx.Done(), (<-chan time.Time)(nil)
	for !l.m.own.left && l.m.fatal == nil {
		l.publish(storing)
		select {
		case r := <-l.feed:
			l.m.record(k.clock.now(), r)
		case r := <-l.results:
			l.m.result(k.clock.now(), r.write, r.sequence, r.err)
		case <-k.wake:
		case <-ticker.C:
			l.m.tick(k.clock.now(), l.progresses())
		case <-done:
			l.m.stop(k.clock.now())
			done, late = nil, time.After(lastWords)
		case <-late:
			k.cfg.Logger.Warn("left without a word: the store did not answer", "stage", k.cfg.Stage, "id", l.m.own.id)
			return nil
		}
	}
	return l.m.fatal
}

// end answers Nobody from here on.
func (l *loop) end(stop context.CancelFunc) {
	l.mu.Lock()
	for unit := range l.view.roles {
		l.view.roles[unit] = Role{}
	}
	l.view.believes = false
	l.view.state.Registered, l.view.state.Held, l.view.state.Leaving = false, 0, 0
	l.mu.Unlock()
	l.notify()
	close(l.writers)
	stop()
}

// follow watches the store, again and again.
func (l *loop) follow(ctx context.Context) <-chan Record {
	out := make(chan Record)
	go func() {
		for ctx.Err() == nil {
			in, err := l.store.Watch(ctx)
			if err != nil {
				l.cfg.Logger.Warn("cannot watch members and claims", "stage", l.cfg.Stage, "error", err)
				pause(ctx, time.Second)
				continue
			}
			for r := range in {
				select {
				case out <- r:
				case <-ctx.Done():
				}
			}
			pause(ctx, firstRetry) // an adapter that closes early is not to be called in a loop
		}
	}()
	return out
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// progresses asks whether to renew.
func (l *loop) progresses() bool {
	err := l.cfg.Progress()
	why := ""
	if err != nil {
		why = err.Error()
	}
	if why != l.stuck {
		l.stuck = why
		if why != "" {
			l.cfg.Logger.Error("no progress: the member is not renewed, others will take its units", "stage", l.cfg.Stage, "error", err)
		} else {
			l.cfg.Logger.Info("progress again: the member is renewed", "stage", l.cfg.Stage)
		}
	}
	return err == nil
}

// publish carries out what the machine wants, and shows what is true now.
func (l *loop) publish(ctx context.Context) {
	now := l.clock.now()
	l.mu.Lock()
	l.obey()
	writes := l.m.flush(now)
	changed := l.show(now)
	l.mu.Unlock()
	for _, n := range l.m.notes {
		l.cfg.Logger.Log(ctx, n.level, n.text, append([]any{"stage", l.cfg.Stage}, n.args...)...)
	}
	l.m.notes = nil
	for _, w := range writes {
		go l.put(ctx, w)
	}
	if changed {
		l.notify()
	}
}

// obey carries out the commands.
func (l *loop) obey() {
	for _, c := range l.commands {
		switch c.verb {
		case ask:
			l.m.ask(l.m.unit(c.unit))
		case forget:
			l.m.forget(l.m.unit(c.unit))
		case open:
			l.m.open(l.m.unit(c.unit))
		case release:
			l.m.release(l.m.unit(c.unit))
		case leave:
			l.m.leave()
		}
	}
	l.commands = nil
}

// show copies what Role and State answer from, and reports whether an answer of Role
// changed.
func (l *loop) show(now instant) bool {
	m, v := l.m, &l.view
	changed := false
	for _, u := range m.changed() {
		if was, asked := v.roles[u.name]; asked {
			is := m.role(u)
			v.roles[u.name] = is
			changed = changed || was != is
		}
	}
	v.believes, v.sent = m.own.life != 0 && m.own.acked && m.fatal == nil, m.own.sent
	if believes := m.believes(now); believes != l.believed {
		l.believed = believes
		changed = changed || len(m.held) > 0
		l.announce(believes)
	}
	v.state = m.snapshot()
	return changed
}

func (l *loop) announce(believes bool) {
	switch {
	case !believes && l.m.own.life != 0:
		l.m.warn("suspended: no renewal has been stored in time", "held", len(l.m.held))
	case believes && l.isReady():
		l.m.say("renewed: going on", "held", len(l.m.held))
	case believes:
		close(l.ready)
	}
}

func (l *loop) isReady() bool {
	select {
	case <-l.ready:
		return true
	default:
		return false
	}
}

// put makes a write. It is given up in time for another one before the fence.
func (l *loop) put(ctx context.Context, w write) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.TTL/4)
	defer cancel()
	sequence, err := l.store.Put(ctx, w.key, w.value, w.expected, w.ttl)
	select {
	case l.results <- result{w, sequence, err}:
	case <-l.writers:
	}
}

func (k *Keeper) notify() {
	k.mu.Lock()
	watchers := k.watchers
	k.mu.Unlock()
	for _, c := range watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
