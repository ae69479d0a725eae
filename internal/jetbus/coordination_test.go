package jetbus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/lease/leasetest"
	"github.com/ewsnats/ewsnats/internal/natsserver"
)

func TestCoordinationConformance(t *testing.T) {
	leasetest.Run(t, leasetest.InRealTime, func(t *testing.T) leasetest.Backend {
		server := startServer(t, natsserver.Config{})
		return leasetest.Backend{
			Open:      func(stage string) lease.Store { return openBus(t, server).Coordination(stage) },
			Interrupt: func() { must(t, server.Restart()) },
		}
	})
}

func memberKey(name string) lease.Key { return lease.Key{Kind: lease.KindMember, Name: name} }

func toldAs(r lease.Record) string {
	return fmt.Sprintf("%s=%s@%d", r.Key.Name, r.Value, r.Sequence)
}

// watched stores members a, b and c at 1, 2 and 3 and watches beyond the mark.
func watched(t *testing.T, b *Bus) <-chan lease.Record {
	t.Helper()
	s := b.Coordination("streamer")
	for _, name := range []string{"a", "b", "c"} {
		_, err := s.Put(limited(t), memberKey(name), []byte("1"), 0, 0)
		must(t, err)
	}
	feed, err := s.Watch(limited(t))
	must(t, err)
	for !receive(t, feed, "the mark").CaughtUp() {
	}
	return feed
}

func TestCoordinationTellsWhatIsGoneWithoutAMarker(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	proxy, url := newProxy(t, server)
	watcher := openBus(t, server, func(c *Config) { c.URL = url })
	other := openBus(t, server)
	s := other.Coordination("streamer")
	feed := watched(t, watcher)
	stream, err := other.js.Stream(limited(t), "EWS_COORD")
	must(t, err)
	whileAway := func(do func()) {
		proxy.muted.Store(true)
		proxy.cut()
		do()
		proxy.muted.Store(false)
		proxy.cut()
	}
	// Deleting a message leaves no marker.
	whileAway(func() {
		must(t, stream.DeleteMsg(limited(t), 1))
		must(t, stream.DeleteMsg(limited(t), 3))
		_, err = s.Put(limited(t), memberKey("d"), []byte("1"), 0, 0)
		must(t, err)
	})
	expect(t, "new", "d=1@4", toldAs(receive(t, feed, "the new record")))
	gone := map[string]bool{toldAs(receive(t, feed, "an end")): true, toldAs(receive(t, feed, "an end")): true}
	expect(t, "gone", map[string]bool{"a=@4": true, "c=@4": true}, gone)

	// What is told gone can be stored again with the sequence told.
	_, err = s.Put(limited(t), memberKey("a"), []byte("2"), 4, 0)
	must(t, err)
	expect(t, "again", "a=2@5", toldAs(receive(t, feed, "stored again")))
	whileAway(func() { must(t, stream.DeleteMsg(limited(t), 5)) })
	expect(t, "the end of the last record", "a=@6", toldAs(receive(t, feed, "an end")))
}

func TestCoordinationGoesOnWhenItsConsumerIsDeleted(t *testing.T) {
	b, _ := fresh(t)
	feed := watched(t, b)
	stream, err := b.stream(limited(t), streamCoord)
	must(t, err)
	for name := range stream.ConsumerNames(limited(t)).Name() {
		must(t, stream.DeleteConsumer(limited(t), name))
	}
	_, err = b.Coordination("streamer").Put(limited(t), memberKey("d"), []byte("1"), 0, 0)
	must(t, err)
	expect(t, "next", "d=1@4", toldAs(receive(t, feed, "next record")))
}

func TestCoordinationGoesOnWhenItsStreamIsMadeAnew(t *testing.T) {
	b, _ := fresh(t)
	feed := watched(t, b)
	must(t, b.js.DeleteStream(limited(t), "EWS_COORD"))
	must(t, b.EnsureStreams(limited(t)))
	_, err := b.Coordination("streamer").Put(limited(t), memberKey("c"), []byte("2"), 0, 0)
	must(t, err)
	told := map[string]bool{}
	for range 3 {
		told[toldAs(receive(t, feed, "a record"))[:3]] = true
	}
	expect(t, "told", map[string]bool{"c=2": true, "a=@": true, "b=@": true}, told)
}

func TestCoordinationRefusesNamesThatComeBackAsOthers(t *testing.T) {
	b, _ := fresh(t)
	for name, want := range map[string]string{"Host-A": `write "host-a"`, "": "needs a name"} {
		_, err := b.Coordination("streamer").Put(limited(t), memberKey(name), []byte("1"), 0, 0)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("name %q: error %v, want %q in it", name, err, want)
		}
	}
}

func TestCoordinationCountsWholeSeconds(t *testing.T) {
	b, _ := fresh(t)
	for ttl, want := range map[time.Duration]string{time.Millisecond: "1s", 1500 * time.Millisecond: "2s", 6 * time.Second: "6s", 0: ""} {
		key := memberKey(ttl.String())
		_, err := b.Coordination("streamer").Put(limited(t), key, []byte("1"), 0, ttl)
		must(t, err)
		stored, err := b.newest(limited(t), streamCoord, b.subjects.Member("streamer", key.Name))
		must(t, err)
		expect(t, ttl.String(), want, stored.Header.Get(jetstream.MsgTTLHeader))
	}
}

func TestCoordinationTriesOnce(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	b := openBus(t, server)
	server.Stop()
	began := time.Now()
	_, err := b.Coordination("streamer").Put(limited(t), memberKey("a"), []byte("1"), 0, 0)
	if err == nil || time.Since(began) > putTimeout+time.Second {
		t.Errorf("error %v after %s", err, time.Since(began))
	}
}

func TestCoordinationLeavesOutWhatItCannotRead(t *testing.T) {
	b, _ := fresh(t)
	feed := watched(t, b)
	_, err := b.js.PublishMsg(limited(t), &nats.Msg{Subject: "ews.coord.member.streamer.=zz", Data: []byte("?")})
	must(t, err)
	_, err = b.Coordination("streamer").Put(limited(t), memberKey("d"), []byte("1"), 0, 0)
	must(t, err)
	expect(t, "next", "d=1@5", toldAs(receive(t, feed, "next record")))
}
