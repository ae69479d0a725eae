package lease

import (
	"log/slog"
	"maps"
	"slices"
	"time"
)

// machine decides everything. It has no clock, does no I/O and starts no goroutine:
// it takes what happened, with the instant, and says what is to be written (flush)
// and whose roles changed (changed).
type machine struct {
	cfg  machineConfig
	own  own
	self Member // the fixed part of the own record

	slots map[string]*slot
	units map[string]*unit
	live  []*slot // that share the units: alive and not leaving
	held  map[*unit]struct{}

	queue   []*unit // to be looked at
	waiting map[*unit]struct{}
	flying  int
	dirty   map[*unit]struct{}
	writes  []write

	caughtUp bool
	progress bool
	leaving  bool
	stopped  bool
	stopAt   time.Duration
	settleAt time.Duration // when hand-overs are decided anew; 0: they are decided
	wanted   int           // units of interest
	moving   int           // units that are to be handed over
	counts   counts
	fatal    error
	notes    []note
}

type machineConfig struct {
	id      string // explicit; empty: host, or the first free slot after it
	host    string
	ttl     time.Duration
	overlap bool
}

// counts are of units over the life of the process.
type counts struct {
	takeovers, lost, handedOver uint64
	lastTakeover                time.Duration
}

// note is something worth a line in the log.
type note struct {
	level slog.Level
	text  string
	args  []any
}

const (
	// mostFlying bounds the claims that are being written at a time.
	mostFlying = 64
	// settling is how long membership is given to settle before units that have an
	// owner move: a burst of joins moves them once.
	settling = 100 * time.Millisecond
	// farewell is how long claims are being released before the member leaves anyway.
	farewell = 2 * time.Second
)

func newMachine(cfg machineConfig, self Member) *machine {
	return &machine{
		cfg: cfg, self: self, own: own{id: cfg.id},
		slots: map[string]*slot{}, units: map[string]*unit{}, held: map[*unit]struct{}{},
		waiting: map[*unit]struct{}{}, dirty: map[*unit]struct{}{},
	}
}

// fence is how long a member believes: the rest of the TTL is for clocks that do
// not run alike.
func (m *machine) fence() time.Duration { return m.cfg.ttl * 5 / 6 }

// tick does what has become due.
func (m *machine) tick(now instant, progress bool) {
	m.progress = progress
	m.look(now)
	m.renew(now)
	m.bury(now)
	if m.settleAt > 0 && now.mono >= m.settleAt {
		m.settle()
	}
	for u := range m.waiting {
		if u.put.ready(now) {
			delete(m.waiting, u)
			m.enqueue(u)
		}
	}
}

// record takes what the feed delivers.
func (m *machine) record(now instant, r Record) {
	m.look(now)
	switch {
	case r.CaughtUp():
		m.catchUp(now)
	case r.Key.Kind == KindMember:
		m.memberRecord(now, r)
	case r.Key.Kind == KindClaim:
		m.claimRecord(now, r)
	}
}

func (m *machine) catchUp(now instant) {
	if m.caughtUp {
		return
	}
	m.caughtUp = true
	m.membersChanged(now)
	m.renew(now)
}

// result takes the outcome of a write.
func (m *machine) result(now instant, w write, sequence uint64, err error) {
	m.look(now)
	switch {
	case w.unit != nil:
		m.claimResult(now, w, err)
	case w.slot != nil:
		w.slot.put.flying = false
		if err == nil {
			w.slot.put.await(now)
			return
		}
		w.slot.put.fail(now, lastRetry)
	default:
		m.ownResult(now, w, sequence, err)
	}
}

// membersChanged divides the units anew. Free ones are claimed at once.
func (m *machine) membersChanged(now instant) {
	if !m.caughtUp {
		return
	}
	m.live = m.live[:0]
	for _, s := range m.slots {
		if s.alive && !s.Leaving {
			m.live = append(m.live, s)
		}
	}
	for _, u := range m.units {
		if u.wanted {
			m.appoint(u)
		}
	}
	if m.settleAt == 0 {
		m.settleAt = now.mono + settling
	}
}

// appoint finds the member a unit should belong to.
func (m *machine) appoint(u *unit) {
	var best *slot
	var most uint64
	for _, s := range m.live {
		points := score(s.hash, u.hash)
		if best == nil || points > most || points == most && s.id < best.id {
			best, most = s, points
		}
	}
	u.desired = best
	if !m.mine(u) {
		m.enqueue(u)
	}
}

// settle decides which of the units held are to be handed over.
func (m *machine) settle() {
	m.settleAt = 0
	for u := range m.held {
		m.move(u, m.misplaced(u))
		m.touch(u)
		m.enqueue(u)
	}
}

// changed returns the units whose role may have changed since it was last called.
func (m *machine) changed() []*unit {
	if len(m.dirty) == 0 {
		return nil
	}
	units := slices.Collect(maps.Keys(m.dirty))
	clear(m.dirty)
	return units
}

func (m *machine) touch(u *unit) { m.dirty[u] = struct{}{} }

// enqueue has a unit looked at.
func (m *machine) enqueue(u *unit) {
	if !u.queued {
		u.queued = true
		m.queue = append(m.queue, u)
	}
}

// flush returns the writes that are to be made now.
func (m *machine) flush(now instant) []write {
	m.look(now)
	for len(m.queue) > 0 && m.flying < mostFlying {
		u := m.queue[0]
		m.queue = m.queue[1:]
		u.queued = false
		if !u.put.ready(now) {
			m.waiting[u] = struct{}{}
			continue
		}
		if c, ok := m.decide(now, u); ok {
			m.flying++
			u.put.flying = true
			m.writes = append(m.writes, write{
				key: Key{KindClaim, u.name}, value: encode(c), expected: u.seq, sent: now, unit: u,
			})
		}
	}
	writes := m.writes
	m.writes = nil
	return writes
}

// date is the instant for people.
func (m *machine) date(now instant) time.Time { return m.self.Since.Add(now.wall).UTC() }

func (m *machine) say(text string, args ...any) {
	m.notes = append(m.notes, note{slog.LevelInfo, text, args})
}

func (m *machine) warn(text string, args ...any) {
	m.notes = append(m.notes, note{slog.LevelWarn, text, args})
}

// snapshot says what is true of the member.
func (m *machine) snapshot() Snapshot {
	s := Snapshot{
		ID: m.own.id, Registered: m.own.life != 0, Held: len(m.held), Wanted: m.wanted, Leaving: m.moving,
		Takeovers: m.counts.takeovers, Lost: m.counts.lost, HandedOver: m.counts.handedOver, LastTakeover: m.counts.lastTakeover,
	}
	for _, slot := range m.slots {
		if slot.alive && slot.id != m.own.id {
			s.Members++
		}
	}
	s.Members++ // this one, also where it is not registered
	return s
}
