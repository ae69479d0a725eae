package exchangesim_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// BenchmarkStream measures raising, queueing and writing events to one stream over TCP; an operation is an event.
func BenchmarkStream(b *testing.B) {
	s := exchangesim.New(exchangesim.Config{QueueLimit: 1 << 30, TruthLimit: 1000})
	s.AddMailbox(anna, ex01, site)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c := &client{t: b, http: &http.Client{Transport: tr}, base: "http://" + l.Addr().String()}
	res, err := c.http.Do(c.request(as(anna), streamBody(30, c.subscribe(as(anna)).subID)))
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	in := bufio.NewReader(res.Body)
	b.ResetTimer()
	go func() {
		for range (b.N + 2) / 3 {
			s.Deliver(anna)
		}
	}()
	for read := 0; read < b.N; {
		piece, err := in.ReadSlice('>')
		if err != nil {
			b.Fatal(err)
		}
		if bytes.HasSuffix(piece, []byte("Event>")) && bytes.HasPrefix(piece, []byte("</")) {
			read++
		}
	}
}

// BenchmarkStreams measures the same over ten streams of 200 subscriptions each, and tells the events of a second.
func BenchmarkStreams(b *testing.B) {
	s := exchangesim.New(exchangesim.Config{QueueLimit: 1 << 30, TruthLimit: 1000})
	url, err := s.Start()
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c := &client{t: b, http: s.Client(), base: url}
	const streams, mailboxes = 10, 200
	var addresses []string
	read := make(chan int, streams)
	for i := range streams {
		var ids []string
		for j := range mailboxes {
			address := fmt.Sprintf("user%d-%d@sim.test", i, j)
			s.AddMailbox(address, ex01, site)
			ids = append(ids, c.subscribe(as(address)).subID)
			addresses = append(addresses, address)
		}
		res, err := c.http.Do(c.request(as(addresses[len(addresses)-1]), streamBody(30, ids...)))
		if err != nil {
			b.Fatal(err)
		}
		defer res.Body.Close()
		go countEvents(res.Body, read)
	}
	b.ResetTimer()
	go func() {
		for i := range (b.N + 2) / 3 {
			s.Deliver(addresses[i*7%len(addresses)])
		}
	}()
	for left := b.N; left > 0; left -= <-read {
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// countEvents tells for each read how many events ended in it.
func countEvents(body io.Reader, read chan<- int) {
	buf := make([]byte, 1<<16)
	var rest []byte
	end := []byte("Event>")
	for {
		n, err := body.Read(buf)
		rest = append(rest, buf[:n]...)
		if found := bytes.Count(rest, end) / 2; found > 0 { // start and end tag
			read <- found
			at := 0
			for range 2 * found {
				at += bytes.Index(rest[at:], end) + len(end)
			}
			rest = append(rest[:0], rest[at:]...)
		}
		if err != nil {
			return
		}
	}
}

// BenchmarkMailboxes tells what 100 000 mailboxes take in memory; each has had a mail.
func BenchmarkMailboxes(b *testing.B) {
	const mailboxes = 100_000
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for b.Loop() {
		before := heap()
		s := exchangesim.New(exchangesim.Config{TruthLimit: 1000})
		for i := range mailboxes {
			address := fmt.Sprintf("user%06d@sim.test", i)
			s.AddMailbox(address, fmt.Sprintf("ex%02d.sim.test", i%20), site)
			s.Deliver(address)
		}
		b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
		runtime.KeepAlive(s)
	}
}
