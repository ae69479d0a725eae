package streamer

import (
	"slices"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

var (
	nobody    = lease.Role{}
	owns      = lease.Role{Part: lease.Owner, Token: 7}
	offers    = lease.Role{Part: lease.Owner, Token: 7, Leaving: true, To: "second"}
	taken     = lease.Role{Part: lease.Owner, Token: 7, Leaving: true, To: "second", Taken: true}
	succeeds  = lease.Role{Part: lease.Successor}
	inherits  = lease.Role{Part: lease.Owner, Token: 9, Inherited: true}
	steals    = lease.Role{Part: lease.Owner, Token: 9}
	suspended = lease.Role{Part: lease.Owner, Token: 7, Suspended: true}
)

// pair is two processes of which the first owns g, covered until 55 s.
type pair struct {
	*world
	first, second  *owner
	elder, younger *process
	older          *fakeStream
}

func inPair(t *testing.T, story func(p *pair)) {
	t.Helper()
	inWorld(t, func(w *world) {
		p := &pair{world: w, first: newOwner(), second: newOwner()}
		p.first.play("g", owns)
		p.second.play("g", nobody)
		p.first.others, p.second.others = 1, 1
		p.elder, p.younger = w.startAs(p.first), w.startAs(p.second)
		w.group("g", "a=a1", "b=b1")
		w.until(55 * time.Second)
		w.say("a1", heartbeat)
		p.older = w.stream("a1")
		w.until(65 * time.Second)
		story(p)
	})
}

// offer lets the second process open beside the first. Both streams bring an event of a.
func (p *pair) offer() (newer *fakeStream) {
	p.t.Helper()
	goodbye := p.exchange.goodbye
	p.exchange.goodbye = saysNothing
	p.first.cast("g", offers)
	p.second.cast("g", succeeds)
	newer = p.stream("a1")
	if newer == p.older || !slices.Equal(p.second.opened, []messages.GroupID{"g"}) {
		p.t.Fatalf("the successor opened nothing, or told %v", p.second.opened)
	}
	p.exchange.goodbye = goodbye
	newer.say(mail("a1", "new"))
	p.older.say(mail("a1", "old"))
	p.first.cast("g", taken)
	return newer
}

func (p *pair) wantReleased(o *owner, want int) {
	p.t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.released) != want {
		p.t.Errorf("released %v, want %d", o.released, want)
	}
}

func TestAHandOverLosesAndDoublesNothing(t *testing.T) {
	for name, goodbye := range map[string][]Envelope{"told": saysTaken, "told and closed": saysTakenAndCloses, "closed": saysClosed} {
		t.Run(name, func(t *testing.T) {
			inPair(t, func(p *pair) {
				newer := p.offer()
				p.wantReleased(p.first, 0)
				p.until(70 * time.Second)
				p.older.say(mail("a1", "older"))
				p.older.say(goodbye...)
				p.pass(0)
				p.wantReleased(p.first, 1)
				before := []string{"streaming subscribed", "1 newmail inbox old", "2 newmail inbox older", "3 stopped handedover 1m10s"}
				p.wantHistory("a", before...)
				if !p.older.isOver() || newer.isOver() {
					t.Errorf("over: older %t, newer %t; want only the older", p.older.isOver(), newer.isOver())
				}

				p.first.cast("g", nobody)
				p.second.cast("g", inherits)
				p.wantHistory("a", append(before, "streaming handed over, after 3 of epoch 1", "1 newmail inbox new")...)
				p.wantHistory("b", "streaming subscribed", "1 stopped handedover 1m10s", "streaming handed over, after 1 of epoch 1")
				p.wantCovered("a", 70*time.Second)
				p.pass(time.Hour)
				p.wantOpenings(2)
			})
		})
	}
}

// An owner that ends before its successor has opened leaves nothing behind either:
// Exchange queues.
func TestAConnectionThatEndsInOrderWhileTheGroupIsOfferedIsTheGoodbye(t *testing.T) {
	inPair(t, func(p *pair) {
		p.first.cast("g", offers)
		p.older.say(saysClosed...)
		p.pass(0)
		p.wantReleased(p.first, 1)
		p.first.cast("g", nobody)
		p.until(80 * time.Second)
		p.second.cast("g", inherits)
		p.wantHistory("a", "streaming subscribed", "1 stopped handedover 55s", "streaming handed over, after 1 of epoch 1")
	})
}

// A successor may hear of the offer, and open, before the owner hears of it.
func TestAGoodbyeThatComesBeforeTheOffer(t *testing.T) {
	inPair(t, func(p *pair) {
		p.older.say(saysTaken...)
		p.pass(offerWithin / 2)
		p.wantReleased(p.first, 0)
		p.first.cast("g", offers)
		p.pass(0)
		p.wantReleased(p.first, 1)
		p.first.cast("g", nobody)
		p.second.cast("g", inherits)
		p.wantHistory("a", "streaming subscribed", "1 stopped handedover 55s", "streaming handed over, after 1 of epoch 1")
	})
}

func TestAHandOverWithoutAGoodbyeIsAGap(t *testing.T) {
	inPair(t, func(p *pair) {
		p.offer()
		p.until(65*time.Second + 9*time.Second)
		p.wantReleased(p.first, 0)
		p.until(80 * time.Second)
		p.wantReleased(p.first, 1)
		p.first.cast("g", nobody)
		p.second.cast("g", inherits)
		p.wantHistory("a", "streaming subscribed", "1 newmail inbox old", "2 stopped handedover 1m5s no goodbye",
			"streaming handed over, after 2 of epoch 1", "1 gap 1m5s-1m5s no goodbye (stopped)", "2 newmail inbox new")
	})
}

func TestAnOwnerWhoseStreamBreaksWhileItIsOfferedHandsOverWithAGap(t *testing.T) {
	inPair(t, func(p *pair) {
		p.first.cast("g", offers)
		p.older.breakOff(inBand("reset"))
		p.until(66 * time.Second)
		p.wantReleased(p.first, 1)
		p.first.cast("g", nobody)
		p.second.cast("g", inherits)
		p.wantHistory("a", "streaming subscribed", "1 stopped handedover 55s reset",
			"streaming handed over, after 1 of epoch 1", "1 gap 55s-1m6s reset (stopped)")
	})
}

// A successor that dies took with it what Exchange wrote to its connection.
func TestASuccessorThatDiesLeavesAGapToTheOwner(t *testing.T) {
	for name, goodbye := range map[string][]Envelope{"told": saysTaken, "closed": saysClosed} {
		t.Run(name, func(t *testing.T) {
			inPair(t, func(p *pair) {
				p.offer()
				p.younger.kill()
				p.first.cast("g", owns)
				p.until(70 * time.Second)
				p.older.say(goodbye...)
				p.until(80 * time.Second)
				p.wantOpenings(3)
				p.wantReleased(p.first, 0)
				code := "hand-over failed"
				p.wantHistory("a", "streaming subscribed", "1 newmail inbox old", "2 gap 1m5s-1m10s "+code+" (stream)")
			})
		})
	}
}

func TestASuccessorThatIsNoneAnyMoreClosesItsConnection(t *testing.T) {
	inPair(t, func(p *pair) {
		newer := p.offer()
		p.second.cast("g", nobody)
		if !newer.isOver() {
			t.Error("the connection is still open")
		}
		p.wantHistory("a", "streaming subscribed", "1 newmail inbox old")
	})
}

// The owner dies after its successor has opened: what it had read and not stored
// is in the gap.
func TestAnOwnerThatDiesInTheHandOverLeavesAGap(t *testing.T) {
	inPair(t, func(p *pair) {
		p.offer()
		p.until(69 * time.Second)
		p.elder.kill()
		p.second.cast("g", steals)
		p.wantHistory("a", "streaming subscribed", "1 newmail inbox old",
			"streaming taken over, after 1 of epoch 1", "1 gap 1m5s-1m5s takeover (lastevent)", "2 newmail inbox new")
		p.wantHistory("b", "streaming subscribed", "streaming taken over, after 0 of epoch 1", "1 gap 55s-1m5s takeover (coverage)")
	})
}

// Who takes the claim of a successor that died does not inherit: the dead one's
// connection may have carried events.
func TestTheSuccessorOfADeadSuccessorAnnouncesTheGap(t *testing.T) {
	inPair(t, func(p *pair) {
		p.offer()
		p.until(70 * time.Second)
		p.older.say(saysTaken...)
		p.pass(0)
		p.first.cast("g", nobody)
		p.younger.kill()
		p.until(80 * time.Second)
		p.first.cast("g", lease.Role{Part: lease.Owner, Token: 11})
		p.wantHistory("b", "streaming subscribed", "1 stopped handedover 1m5s",
			"streaming taken over, after 1 of epoch 1", "1 gap 1m5s-1m20s takeover (coverage)")
	})
}

// So does a successor whose own connection may have opened and was lost.
func TestASuccessorThatLostAnOpeningAnnouncesTheGap(t *testing.T) {
	inPair(t, func(p *pair) {
		p.exchange.answer(answer{broken: inBand("reset")})
		p.exchange.goodbye = saysTaken
		p.first.cast("g", offers)
		p.second.cast("g", succeeds)
		p.pass(0)
		p.first.cast("g", nobody)
		p.second.cast("g", inherits)
		p.until(80 * time.Second)
		p.wantHistory("b", "streaming subscribed", "1 stopped handedover 55s",
			"streaming taken over, after 1 of epoch 1", "1 gap 55s-1m6s takeover (coverage)")
	})
}

func TestAMailboxThatJoinsInTheHandOverIsStreamedByTheNewOwner(t *testing.T) {
	inPair(t, func(p *pair) {
		p.first.cast("g", offers)
		p.group("g", "a=a1", "b=b1", "c=c1")
		p.second.cast("g", succeeds)
		calls := p.exchange.opened()
		if have := calls[len(calls)-1].ids; slices.Contains(have, "c1") {
			t.Errorf("the successor opened %q: no record tells that c1 may have been written to it", have)
		}
		p.pass(time.Second)
		p.first.cast("g", nobody)
		p.second.cast("g", inherits)
		p.pass(time.Second)
		p.wantHistory("c", "streaming subscribed")
		p.wantHistory("a", "streaming subscribed", "1 stopped handedover 55s", "streaming handed over, after 1 of epoch 1")
	})
}

func TestASuspendedOwnerReadsNothingAndGoesOnWhenItIsSureAgain(t *testing.T) {
	inPair(t, func(p *pair) {
		p.first.cast("g", suspended)
		p.older.say(numbered(2 * readAhead)...)
		p.until(2 * time.Minute)
		p.wantHistory("a", "streaming subscribed")
		if have := p.older.taken(); have > readAhead+5 {
			t.Errorf("%d envelopes were read", have)
		}
		p.wantCovered("a", 55*time.Second)
		p.first.cast("g", owns)
		p.pass(time.Minute)
		p.wantNumbered(2 * readAhead)
		p.wantOpenings(1)
	})
}

func TestASuspendedOwnerHoldsItsConnectionForABoundedTime(t *testing.T) {
	inPair(t, func(p *pair) {
		p.first.cast("g", suspended)
		p.until(11 * time.Minute)
		if p.older.isOver() {
			t.Error("the connection was closed early")
		}
		p.until(12 * time.Minute)
		if !p.older.isOver() {
			t.Error("the connection is still held")
		}
		p.first.cast("g", owns)
		p.pass(time.Second)
		p.wantHistory("a", "streaming subscribed", "1 gap 55s-12m0s suspended (stream)")
	})
}

// A process that was taken for dead stores what it has in hand, by its old epoch,
// and decides nothing.
func TestAnOwnerThatLostTheGroupDecidesNothing(t *testing.T) {
	inPair(t, func(p *pair) {
		p.first.cast("g", suspended)
		p.older.say(mail("a1", "late"))
		p.pass(time.Second)
		p.second.cast("g", steals)
		p.wantHistory("a", "streaming subscribed", "streaming taken over, after 0 of epoch 1", "1 gap 55s-1m6s takeover (coverage)")
		record := p.covered("g", "a")
		p.first.cast("g", nobody)
		if !p.older.isOver() {
			t.Error("the connection is still open")
		}
		p.wantHistory("a", "streaming subscribed", "streaming taken over, after 0 of epoch 1", "1 gap 55s-1m6s takeover (coverage)",
			"1 newmail inbox late late, of epoch 1")
		p.wantCovered("a", record)
		p.wantOpenings(2)

		p.until(2 * time.Minute)
		p.younger.kill()
		p.first.cast("g", lease.Role{Part: lease.Owner, Token: 11})
		have := p.history("a")
		if last := have[len(have)-1]; have[len(have)-2] != "streaming taken over, after 0 of epoch 2" || last[:6] != "1 gap " {
			t.Errorf("after a late event: %q, want the takeover of epoch 2 with a gap", have)
		}
	})
}

func TestAStopHandsOverToTheOthers(t *testing.T) {
	inPair(t, func(p *pair) {
		ended := make(chan time.Duration, 1)
		go func() { ended <- p.elder.stopTimed() }()
		p.pass(time.Second)
		if !p.first.left {
			t.Fatal("the stage did not say that it leaves")
		}
		newer := p.offer()
		p.older.say(saysTaken...)
		p.pass(0)
		p.second.cast("g", inherits)
		if took := <-ended; took != time.Second {
			t.Errorf("took %s to stop", took)
		}
		p.wantHistory("a", "streaming subscribed", "1 newmail inbox old", "2 stopped handedover 1m6s",
			"streaming handed over, after 2 of epoch 1", "1 newmail inbox new")
		if newer.isOver() {
			t.Error("the successor's connection is over")
		}
	})
}

func TestAStopThatNobodySucceedsEndsWithinDrain(t *testing.T) {
	inPair(t, func(p *pair) {
		if took := p.elder.stopTimed(); took < 15*time.Second || took > 25*time.Second {
			t.Errorf("took %s to stop, want the time for hand-overs and no more than 25s", took)
		}
		p.wantReleased(p.first, 1)
		p.wantHistory("a", "streaming subscribed")
	})
}

// An opening that waits for its turn does not hold the group back that another is
// to have.
func TestAGroupThatIsOfferedBeforeItOpenedGoesAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owner.others = 99 // so that openings are far apart
		w.start()
		w.group("early", "a=a1")
		w.group("g", "b=b1")
		w.pass(time.Second)
		w.wantOpenings(1)
		w.owner.cast("g", lease.Role{Part: lease.Owner, Leaving: true, To: "second"})
		w.pass(2 * time.Second)
		if have := w.owner.released; !slices.Equal(have, []messages.GroupID{"g"}) {
			t.Errorf("released %v, want g", have)
		}
		w.wantOpenings(1)
		w.owner.alone()
	})
}

// A group may be offered before its owner has recorded whom it streams.
func TestASuccessorSoonNoticesThatTheOwnerStreams(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owner.play("g", succeeds)
		w.start()
		w.group("g", "a=a1")
		w.until(3 * time.Second)
		w.wantOpenings(0)
		record := messages.Coverage{Group: "g", Generation: 1, Revision: 1, Until: exchangeNow(), Members: []messages.Address{address("a")}}
		if _, err := w.bus.SaveCoverage(w.t.Context(), record, 0); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		w.wantOpenings(1)
	})
}
