package lease

import (
	"cmp"
	"crypto/rand"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultTTL is how long a member that does not renew keeps its units.
const DefaultTTL = 6 * time.Second

// Config is what a Keeper needs to know.
type Config struct {
	Stage string // for the log
	// ID is the member's stable id: a restart under the same one takes its place back.
	// Empty: Host, or the first free of Host-2, Host-3 and so on.
	ID   string
	Host string // empty: the machine's name
	TTL  time.Duration
	// Overlap: units are handed over while both work on them (see [Role]).
	Overlap bool
	Units   []string // of interest from the start
	// Progress says why this process gets nowhere: as long as it does, the member does
	// not renew, and others take its units. It must not block. Nil: it always does.
	Progress func() error
	Logger   *slog.Logger
}

// Keeper is a member of a stage. Its methods may be called from many goroutines,
// before, during and after [Keeper.Run].
type Keeper struct {
	cfg   Config
	store Store
	clock clock
	wake  chan struct{}
	ready chan struct{}

	mu       sync.Mutex
	view     view
	commands []command
	watchers []chan struct{}
}

// view is what the keeper's goroutine last said: all that is needed to answer
// without waiting for it.
type view struct {
	roles    map[string]Role
	believes bool    // until the fence
	sent     instant // of the renewal that belief rests on
	state    Snapshot
}

// Snapshot is what is true of a member, for metrics and readiness.
type Snapshot struct {
	ID         string
	Registered bool
	Suspended  bool // registered, but nothing is decided: no renewal is stored
	Members    int  // live ones
	Held       int  // units owned
	Wanted     int  // units of interest
	Leaving    int  // units that are being handed over
	// Takeovers counts units taken from dead members, Lost those that were lost to
	// others because this member did not renew, HandedOver those released in order.
	Takeovers, Lost, HandedOver uint64
	// LastTakeover is the time from when the former owner was last seen to when this
	// member's claim was stored.
	LastTakeover time.Duration
}

type verb int

const (
	ask verb = iota
	forget
	open
	release
	leave
)

type command struct {
	verb verb
	unit string
}

// New makes a Keeper. Nothing happens before [Keeper.Run].
func New(cfg Config, store Store) *Keeper {
	cfg.TTL = cmp.Or(cfg.TTL, DefaultTTL)
	if cfg.Host == "" {
		host, err := os.Hostname()
		if err != nil || host == "" {
			host = "member"
		}
		cfg.Host = host
	}
	cfg.ID, cfg.Host = strings.ToLower(cfg.ID), strings.ToLower(cfg.Host) // keys of the store may know no case
	if cfg.Progress == nil {
		cfg.Progress = func() error { return nil }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	k := &Keeper{
		cfg: cfg, store: store, clock: clock{time.Now()},
		wake: make(chan struct{}, 1), ready: make(chan struct{}),
		watchers: []chan struct{}{make(chan struct{}, 1)},
	}
	k.view = view{roles: map[string]Role{}, state: Snapshot{ID: cfg.ID, Members: 1}}
	for _, unit := range cfg.Units {
		k.Role(unit)
	}
	return k
}

func (k *Keeper) machine() *machine {
	return newMachine(
		machineConfig{id: k.cfg.ID, host: k.cfg.Host, ttl: k.cfg.TTL, overlap: k.cfg.Overlap},
		Member{Incarnation: rand.Text(), Host: k.cfg.Host, PID: os.Getpid(), Since: k.clock.start.UTC()},
	)
}

// FenceAfter is how long a member believes after it sent a renewal that was stored.
func (k *Keeper) FenceAfter() time.Duration { return k.cfg.TTL * 5 / 6 }

// Role is what this member is to a unit now. It does not block. The first call for a
// unit shows interest in it: it is claimed when it falls to this member.
func (k *Keeper) Role(unit string) Role {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, known := k.view.roles[unit]
	if !known {
		k.view.roles[unit] = Role{}
		k.tell(command{ask, unit})
	}
	if r.Part == Owner && !k.believes(k.clock.now()) {
		r.Suspended = true
	}
	return r
}

// Owns reports whether this member may decide about the unit and is to keep it.
func (k *Keeper) Owns(unit string) bool {
	r := k.Role(unit)
	return r.Decides() && !r.Leaving
}

// believes checks the fence: a process that was frozen knows before its keeper's
// goroutine has run.
func (k *Keeper) believes(now instant) bool {
	return k.view.believes && now.since(k.view.sent) < k.FenceAfter()
}

// Opened says that this member, the unit's successor, has begun beside the owner.
func (k *Keeper) Opened(unit string) { k.command(command{open, unit}) }

// Release gives up a unit that this member owns and has ended its work on. It goes
// to the member that it is offered to, whether that has begun or not; otherwise it
// is free.
func (k *Keeper) Release(unit string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.view.roles[unit].Part == Owner {
		k.view.roles[unit] = Role{}
	}
	k.tell(command{release, unit})
}

// Forget ends the interest in a unit, and releases it.
func (k *Keeper) Forget(unit string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.view.roles, unit)
	k.tell(command{forget, unit})
}

// Leave hands all units over to the other members, for good.
func (k *Keeper) Leave() { k.command(command{verb: leave}) }

func (k *Keeper) command(c command) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tell(c)
}

// tell hands the goroutine a command, with the lock held.
func (k *Keeper) tell(c command) {
	k.commands = append(k.commands, c)
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Changes receives after an answer of Role changed. It is for one consumer.
func (k *Keeper) Changes() <-chan struct{} { return k.watchers[0] }

// Watch is another channel like that of [Keeper.Changes].
func (k *Keeper) Watch() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := make(chan struct{}, 1)
	k.watchers = append(slices.Clip(k.watchers), c)
	return c
}

// Ready is closed when the member is registered and knows every claim.
func (k *Keeper) Ready() <-chan struct{} { return k.ready }

// Members is the number of live members, this one included.
func (k *Keeper) Members() int { return k.State().Members }

// ID is the member's id; empty until it has found one.
func (k *Keeper) ID() string { return k.State().ID }

// State is what is true now.
func (k *Keeper) State() Snapshot {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.view.state
	s.Suspended = s.Registered && !k.believes(k.clock.now())
	return s
}
