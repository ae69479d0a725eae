package faultproxy

import (
	"bytes"
	"io"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// ends are a client and a server in fake time, and the connection between them.
type ends struct {
	client, server net.Conn
	between        *connection
}

// inBubble runs a story with a connection that has toxics.
func inBubble(t *testing.T, toxics Toxics, story func(ends)) {
	synctest.Test(t, func(t *testing.T) {
		client, front := net.Pipe()
		back, server := net.Pipe()
		c := newConnection(1, front, back, Config{Seed: 7})
		c.set(toxics)
		go c.run()
		story(ends{client, server, c})
		client.Close()
		server.Close()
		c.end(false)
		synctest.Wait()
	})
}

// arrival is a read and when it returned.
type arrival struct {
	text  string
	after time.Duration
}

// arrivals reads n times.
func arrivals(from net.Conn, n int) []arrival {
	start, buf := time.Now(), make([]byte, 1<<10)
	var all []arrival
	for range n {
		k, err := from.Read(buf)
		if err != nil {
			return append(all, arrival{err.Error(), time.Since(start)})
		}
		all = append(all, arrival{string(buf[:k]), time.Since(start)})
	}
	return all
}

func TestToxicsOverTime(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name  string
		toxic Toxic
		want  []arrival
	}{
		{"none", Toxic{}, []arrival{{"anna", 0}, {"bert", 0}, {"EOF", 0}}},
		{"latency", Toxic{Latency: 50 * ms}, []arrival{{"anna", 50 * ms}, {"bert", 50 * ms}, {"EOF", 50 * ms}}},
		{"in pieces", Toxic{Chunk: 3}, []arrival{{"ann", 0}, {"a", 0}, {"ber", 0}, {"t", 0}, {"EOF", 0}}},
		{"byte-wise and slow", Toxic{Chunk: 1, Rate: 100},
			[]arrival{{"a", 0}, {"n", 10 * ms}, {"n", 20 * ms}, {"a", 30 * ms}, {"b", 40 * ms}, {"e", 50 * ms}, {"r", 60 * ms}, {"t", 70 * ms}, {"EOF", 80 * ms}}},
		{"cut in the middle", Toxic{CutAfter: 6}, []arrival{{"anna", 0}, {"be", 0}, {"EOF", 0}}},
		{"cut in the middle of pieces", Toxic{CutAfter: 6, Chunk: 4}, []arrival{{"anna", 0}, {"be", 0}, {"EOF", 0}}},
		{"slow close", Toxic{Linger: 3 * time.Second}, []arrival{{"anna", 0}, {"bert", 0}, {"EOF", 3 * time.Second}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, Toxics{ToServer: test.toxic}, func(e ends) {
				go func() {
					io.WriteString(e.client, "anna")
					io.WriteString(e.client, "bert")
					e.client.Close()
				}()
				if have := arrivals(e.server, len(test.want)); !slices.Equal(have, test.want) {
					t.Errorf("\nwant %v\nhave %v", test.want, have)
				}
			})
		})
	}
}

// TestJitter: the same seed draws the same, and order is kept.
func TestJitter(t *testing.T) {
	toxic := Toxic{Latency: time.Millisecond, Jitter: 100 * time.Millisecond}
	draw := func(d *delays) (due []time.Duration) {
		came := time.Unix(0, 0)
		for range 50 {
			came = came.Add(10 * time.Millisecond)
			due = append(due, d.due(came, toxic).Sub(time.Unix(0, 0)))
		}
		return due
	}
	first := draw(newDelays(7, 1, 0))
	if !slices.IsSorted(first) {
		t.Errorf("out of order: %v", first)
	}
	if again := draw(newDelays(7, 1, 0)); !slices.Equal(first, again) {
		t.Errorf("the same seed, connection and direction:\n%v\n%v", first, again)
	}
	for what, other := range map[string]*delays{"seed": newDelays(8, 1, 0), "connection": newDelays(7, 2, 0), "direction": newDelays(7, 1, 1)} {
		if slices.Equal(first, draw(other)) {
			t.Errorf("another %s draws the same", what)
		}
	}
}

func TestAStallHoldsBackAndADropLoses(t *testing.T) {
	for _, test := range []struct {
		name  string
		toxic Toxic
		want  string
	}{
		{"stall", Toxic{Stall: true}, "annabert"},
		{"drop", Toxic{Drop: true}, "bert"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, Toxics{ToServer: test.toxic}, func(e ends) {
				var arrived bytes.Buffer
				go io.Copy(&arrived, e.server)
				io.WriteString(e.client, "anna")
				time.Sleep(time.Hour)
				synctest.Wait()
				if arrived.Len() > 0 {
					t.Errorf("%q arrived", &arrived)
				}
				go io.WriteString(e.server, "still here")
				if have := arrivals(e.client, 1)[0].text; have != "still here" {
					t.Errorf("the other direction says %q", have)
				}
				e.between.set(Toxics{})
				io.WriteString(e.client, "bert")
				synctest.Wait()
				if arrived.String() != test.want {
					t.Errorf("afterwards %q, want %q", &arrived, test.want)
				}
			})
		})
	}
}

// Who is cut off does not learn that the other has gone.
func TestAHalfOpenConnectionStaysOpen(t *testing.T) {
	for name, toxic := range map[string]Toxic{"stall": {Stall: true}, "drop": {Drop: true}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Toxics{ToServer: toxic}, func(e ends) {
				e.client.Close()
				e.server.SetReadDeadline(time.Now().Add(time.Hour))
				if have := arrivals(e.server, 1)[0]; have.after != time.Hour {
					t.Errorf("%q after %s", have.text, have.after)
				}
			})
		})
	}
}

func TestCutAfterCountsFromWhenItIsSet(t *testing.T) {
	inBubble(t, Toxics{}, func(e ends) {
		go io.WriteString(e.client, "anna")
		arrivals(e.server, 1)
		e.between.set(Toxics{ToServer: Toxic{CutAfter: 2}})
		go io.WriteString(e.client, "bert")
		if have := arrivals(e.server, 2); have[0].text != "be" || have[1].text != "EOF" {
			t.Errorf("have %v", have)
		}
	})
}
