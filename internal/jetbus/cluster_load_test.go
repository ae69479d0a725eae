package jetbus

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

const (
	betweenKills = 300 * time.Millisecond
	mostKills    = 1
)

// killInTurn kills the server that leads a stream, lets it come back, and then the
// one that leads next, until done is closed or the most are killed.
func (c *cluster) killInTurn(t *testing.T, stream string, done <-chan struct{}) {
	t.Helper()
	kills := 0
	for ; kills < mostKills; kills++ {
		select {
		case <-done:
		case <-time.After(betweenKills):
		}
		if isClosed(done) {
			break
		}
		victim := max(0, c.LeaderOf(stream))
		c.Kill(victim)
		<-time.After(betweenKills)
		must(t, c.Restart(victim))
		must(t, c.WaitReady(limited(t)))
	}
	if kills == 0 {
		t.Error("everything was over before a server was killed")
	}
	receive(t, closedAs(done), "the end of the load")
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func TestClusterUnderLoad(t *testing.T) {
	c := startCluster(t)
	b := c.open(t, c.replicated(t))
	t.Run("events", func(t *testing.T) { eventsSurvive(t, c, b) })
	t.Run("facts", func(t *testing.T) { factsSurvive(t, c, b) })
	t.Run("decisions", func(t *testing.T) { decisionsSurvive(t, c, b) })
	t.Run("coverage", func(t *testing.T) { coverageSurvives(t, c, b) })
}

func eventsSurvive(t *testing.T, c *cluster, b *Bus) {
	l := &load{mailboxes: 6, events: 1500}
	done := l.publish(t, b.NewLane())
	c.killInTurn(t, b.cfg.streamName(streamEvent), done)
	l.check(t, b)
}

// factsSurvive records while a fold follows: each fact once and in order.
func factsSurvive(t *testing.T, c *cluster, b *Bus) {
	const facts = 600
	ctx := limited(t)
	feed, err := b.Mailboxes(ctx)
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range facts {
			if err := b.Record(ctx, enrolled(fmt.Sprint("f", i), messages.Address(fmt.Sprintf("u%d@contoso.com", i%100)))); err != nil {
				t.Errorf("fact %d: %v", i, err)
				return
			}
		}
	}()
	folded := make(chan []string, 1)
	go func() {
		var got []string
		for len(got) < facts {
			r, ok := <-feed
			if !ok {
				break
			}
			if !r.CaughtUp() {
				got = append(got, r.Fact.FactMeta().ID)
			}
		}
		folded <- got
	}()
	c.killInTurn(t, b.cfg.streamName(streamMailbox), done)
	var want []string
	for i := range facts {
		want = append(want, fmt.Sprint("f", i))
	}
	expect(t, "folded", want, receive(t, folded, "everything"))
}

// decisionsSurvive has two decide about one group: every decision that is stored
// was reported, once, under its sequence.
func decisionsSurvive(t *testing.T, c *cluster, b *Bus) {
	ctx := limited(t)
	feed, err := b.Groups(ctx)
	must(t, err)
	began := time.Now()
	reported := make(chan messages.Recorded, 1<<16)
	var deciders sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		deciders.Go(func() {
			expected := uint64(0)
			for n := 0; time.Since(began) < 4*betweenKills; n++ {
				g := messages.GroupSubscribed{
					Meta: messages.Meta{ID: fmt.Sprint(name, n), Time: noon}, Group: "g1", Generation: 1, URL: endpoint,
					Subscriptions: map[messages.Address]messages.Subscription{anna: {ID: "s", Since: noon}},
				}
				sequence, err := b.Decide(ctx, g, expected)
				if conflict := (*outcome.ConflictError)(nil); errors.As(err, &conflict) {
					expected = conflict.Actual
					continue
				}
				if err != nil {
					t.Errorf("decision %s: %v", g.ID, err)
					return
				}
				expected = sequence
				reported <- messages.Recorded{Fact: g, Sequence: sequence}
			}
		})
	}
	done := make(chan struct{})
	go func() { deciders.Wait(); close(done) }()
	c.killInTurn(t, b.cfg.streamName(streamGroup), done)
	close(reported)
	ids := make(map[uint64]string)
	for r := range reported {
		ids[r.Sequence] = r.Fact.FactMeta().ID
	}
	for last := uint64(0); last < uint64(len(ids)); {
		r := receive(t, feed, fmt.Sprintf("a decision after %d of %d", last, len(ids)))
		if r.CaughtUp() {
			continue
		}
		if last++; r.Sequence < last || ids[r.Sequence] != r.Fact.FactMeta().ID {
			t.Fatalf("stored at %d is %s, reported was %s", r.Sequence, r.Fact.FactMeta().ID, ids[r.Sequence])
		}
		last = r.Sequence // the stream keeps the newest few
	}
}

func coverageSurvives(t *testing.T, c *cluster, b *Bus) {
	ctx := limited(t)
	done := make(chan struct{})
	saved, sequence := 0, uint64(0)
	go func() {
		defer close(done)
		for began := time.Now(); time.Since(began) < 4*betweenKills; saved++ {
			c := messages.Coverage{Group: "g1", Members: []messages.Address{anna}, Generation: messages.Generation(saved)}
			var err error
			if sequence, err = b.SaveCoverage(ctx, c, sequence); err != nil {
				t.Errorf("coverage %d: %v", saved, err)
				return
			}
		}
	}()
	c.killInTurn(t, b.cfg.streamName(streamCoord), done)
	record, _, err := b.Coverage(ctx, "g1")
	must(t, err)
	expect(t, "coverage", messages.Generation(saved-1), record.Generation)
}
