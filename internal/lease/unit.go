package lease

// unit is a unit with its claim as the feed last showed it. Acknowledgements do not
// change it: what is decided rests on what was seen in order.
type unit struct {
	name    string
	hash    uint64
	claim   Claim
	seq     uint64
	desired *slot
	wanted  bool // somebody here asked for it
	moving  bool // held, and to be handed over

	releasing bool // Release was called, and the feed does not show it yet
	opened    bool // Opened was called for the offer that stands

	put    attempt
	queued bool
}

func (m *machine) unit(name string) *unit {
	u := m.units[name]
	if u == nil {
		u = &unit{name: name, hash: hash(name)}
		m.units[name] = u
	}
	return u
}

// mine reports whether the claim names this member in its present life.
func (m *machine) mine(u *unit) bool {
	return m.own.life != 0 && u.claim.Owner == m.own.id && u.claim.Life == m.own.life
}

// offered reports whether the claim is offered to this member in its present life.
func (m *machine) offered(u *unit) bool {
	return m.own.life != 0 && u.claim.To == m.own.id && u.claim.ToLife == m.own.life && !m.mine(u)
}

// misplaced reports whether a unit that is held should be another's.
func (m *machine) misplaced(u *unit) bool { return u.desired == nil || u.desired.id != m.own.id }

func (m *machine) move(u *unit, moving bool) {
	switch {
	case moving && !u.moving:
		m.moving++
	case !moving && u.moving:
		m.moving--
	}
	u.moving = moving
}

// successor is the member that the unit is offered to, if it stays.
func (m *machine) successor(u *unit) *slot {
	if u.claim.To == "" {
		return nil
	}
	if s := m.slot(u.claim.To); s.stays(u.claim.ToLife) {
		return s
	}
	return nil
}

// vacant reports whether nobody owns the unit, or one whose life is over: the
// claim was made in a life before the one that is known.
func (m *machine) vacant(u *unit) bool {
	return u.claim.Owner == "" || m.slot(u.claim.Owner).Life > u.claim.Life
}

// claimRecord folds a claim.
func (m *machine) claimRecord(now instant, r Record) {
	u := m.unit(r.Key.Name)
	if r.Sequence <= u.seq {
		return
	}
	c, err := DecodeClaim(r)
	if err != nil {
		m.warn("cannot read a claim: it counts as free", "error", err)
	}
	was, before, wasVacant := m.mine(u), u.claim, m.vacant(u)
	u.claim, u.seq = c, r.Sequence
	u.put.clear()
	m.link(now, u, before.Owner)
	m.count(now, u, was, before, wasVacant)
	m.sort(u)
}

// link files a unit under its owner.
func (m *machine) link(now instant, u *unit, before string) {
	if before != "" {
		delete(m.slot(before).units, u)
	}
	if u.claim.Owner == "" {
		return
	}
	s := m.slot(u.claim.Owner)
	s.units[u] = struct{}{}
	if u.claim.Life > s.Life { // a life that no record told of yet: it is watched from now on
		s.seen = now.mono
	}
}

// count keeps the counts when the claim of a unit was replaced.
func (m *machine) count(now instant, u *unit, was bool, before Claim, wasVacant bool) {
	is := m.mine(u)
	switch {
	case was && !is && !u.releasing:
		m.counts.lost++
	case was && !is && (u.moving || before.To != ""):
		m.counts.handedOver++
	case !was && is && wasVacant && before.Owner != "":
		m.counts.takeovers++
		m.counts.lastTakeover = now.mono - m.slot(before.Owner).ended
	}
}

// sort puts a unit where it belongs after its claim or the own life changed.
func (m *machine) sort(u *unit) {
	_, held := m.held[u]
	switch {
	case !m.mine(u):
		delete(m.held, u)
		u.releasing = false
		m.move(u, false)
	case !held:
		m.held[u] = struct{}{}
		m.move(u, m.misplaced(u))
	}
	u.opened = u.opened && m.offered(u)
	m.touch(u)
	m.enqueue(u)
}

// decide says what the claim of a unit is to be, if that is to be written now.
func (m *machine) decide(now instant, u *unit) (Claim, bool) {
	switch {
	case m.mine(u):
		return m.decideOwn(now, u)
	case !m.active(now) || !u.wanted:
	case m.vacant(u):
		heir := m.successor(u)
		if heir == nil || !u.claim.Opened {
			heir = u.desired
		}
		if heir != nil && heir.id == m.own.id && heir.Life == m.own.life && !m.leaving {
			return Claim{Owner: m.own.id, Life: m.own.life, Since: m.date(now)}, true
		}
	case m.offered(u) && u.opened && !u.claim.Opened:
		c := u.claim
		c.Opened = true
		return c, true
	}
	return Claim{}, false
}

// decideOwn is decide for a unit that is held. To give it away needs no belief:
// the write succeeds only if nobody has taken it.
func (m *machine) decideOwn(now instant, u *unit) (Claim, bool) {
	c, heir := u.claim, m.successor(u)
	switch {
	case u.releasing || !u.wanted || m.stopped:
		u.releasing = true
		if heir != nil && (c.Opened || u.wanted) {
			return Claim{Owner: heir.id, Life: heir.Life, Inherited: true, Since: m.date(now)}, true
		}
		return Claim{}, true
	case !m.active(now) || !m.cfg.overlap || c.Opened && heir != nil:
		return Claim{}, false
	case u.moving && u.desired != nil && m.misplaced(u):
		c.To, c.ToLife, c.Opened = u.desired.id, u.desired.Life, false
	default:
		c.To, c.ToLife, c.Opened = "", 0, false
	}
	return c, c != u.claim
}

// claimResult takes the outcome of the write of a claim.
func (m *machine) claimResult(now instant, w write, err error) {
	u := w.unit
	m.flying--
	u.put.flying = false
	switch {
	case u.seq > w.expected: // the feed has told more already
	case err == nil:
		u.put.await(now)
	default:
		u.put.fail(now, lastRetry)
	}
	m.enqueue(u)
}

// role is the part of this member in a unit while it believes.
func (m *machine) role(u *unit) Role {
	c := u.claim
	switch {
	case !u.wanted || m.stopped || m.fatal != nil:
		return Role{}
	case m.mine(u) && u.releasing:
		return Role{}
	case m.mine(u):
		r := Role{Part: Owner, Token: c.Token, Inherited: c.Inherited, Leaving: u.moving}
		if m.cfg.overlap {
			r.Leaving, r.To, r.Taken = c.To != "" || u.moving && u.desired == nil, c.To, c.Opened
		}
		return r
	case m.offered(u):
		return Role{Part: Successor}
	}
	return Role{}
}

// ask shows interest in a unit.
func (m *machine) ask(u *unit) {
	if u.wanted {
		return
	}
	u.wanted = true
	m.wanted++
	m.appoint(u)
	m.sort(u)
}

func (m *machine) forget(u *unit) {
	if u.wanted {
		u.wanted = false
		m.wanted--
		m.release(u)
	}
}

// release gives up a unit that is held.
func (m *machine) release(u *unit) {
	if m.mine(u) {
		u.releasing = true
		m.touch(u)
		m.enqueue(u)
	}
}

// open says that this member has begun beside the owner.
func (m *machine) open(u *unit) {
	if m.offered(u) {
		u.opened = true
		m.enqueue(u)
	}
}

// leave hands everything over to the others.
func (m *machine) leave() { m.leaving, m.own.due = true, 0 }

// stop gives everything up.
func (m *machine) stop(now instant) {
	m.stopped, m.stopAt = true, now.mono+farewell
	for u := range m.held {
		m.release(u)
	}
	for _, u := range m.units {
		m.touch(u)
	}
}
