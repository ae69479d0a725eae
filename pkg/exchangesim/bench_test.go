package exchangesim_test

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
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
