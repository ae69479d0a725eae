package faultproxy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
)

// echo is a server that says what it hears, and at the end of it goodbye.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				if _, err := io.Copy(c, c); err == nil {
					io.WriteString(c, "goodbye")
				}
			})
		}
	})
	t.Cleanup(func() { listener.Close(); running.Wait() })
	return listener.Addr().String()
}

func startProxy(t *testing.T, cfg Config) *Proxy {
	t.Helper()
	p, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if n := p.Open(); n > 0 {
			t.Errorf("%d connections are open after Close", n)
		}
	})
	return p
}

func dial(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second)) // a test that hangs fails
	return c.(*net.TCPConn)
}

// hear reads n bytes.
func hear(t *testing.T, c net.Conn, n int) string {
	t.Helper()
	buf := make([]byte, n)
	if _, err := io.ReadFull(c, buf); err != nil {
		t.Fatalf("%v after %q", err, buf)
	}
	return string(buf)
}

func TestAHalfClosedConnectionIsReadToItsEnd(t *testing.T) {
	c := dial(t, startProxy(t, Config{Target: echo(t)}))
	sent := bytes.Repeat([]byte("0123456789"), 100_000)
	go func() {
		c.Write(sent)
		c.CloseWrite()
	}()
	have, err := io.ReadAll(c)
	if want := append(sent, "goodbye"...); err != nil || !bytes.Equal(have, want) {
		t.Errorf("%d bytes of %d, %v", len(have), len(want), err)
	}
}

func TestBytewiseDeliveryIsWhole(t *testing.T) {
	p := startProxy(t, Config{Target: echo(t)})
	p.Set(Both(Toxic{Chunk: 1}))
	c := dial(t, p)
	io.WriteString(c, "a line that comes in bytes\n")
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || line != "a line that comes in bytes\n" {
		t.Errorf("%q, %v", line, err)
	}
}

func TestHowAConnectionIsCut(t *testing.T) {
	for _, test := range []struct {
		name string
		cut  func(*Proxy)
		want error
	}{
		{"end of file", func(p *Proxy) { p.Cut(false); p.await(0) }, io.EOF},
		{"reset", func(p *Proxy) { p.Cut(true); p.await(0) }, syscall.ECONNRESET},
		{"end of file in the middle", func(p *Proxy) { p.Set(Toxics{ToClient: Toxic{CutAfter: 2}}) }, io.EOF},
		{"reset in the middle", func(p *Proxy) { p.Set(Toxics{ToServer: Toxic{CutAfter: 2, Reset: true}}) }, syscall.ECONNRESET},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := startProxy(t, Config{Target: echo(t)})
			c := dial(t, p)
			io.WriteString(c, "anna")
			hear(t, c, 4)
			test.cut(p)
			if p.Open() > 0 {
				io.WriteString(c, "bert")
			}
			if _, err := io.Copy(io.Discard, c); !errors.Is(orEOF(err), test.want) {
				t.Errorf("have %v, want %v", err, test.want)
			}
			p.Set(Toxics{})
			again := dial(t, p)
			io.WriteString(again, "carl")
			hear(t, again, 4)
		})
	}
}

// await waits until so many connections are open.
func (p *Proxy) await(n int) {
	ticks := time.NewTicker(time.Millisecond)
	defer ticks.Stop()
	for p.Open() != n {
		<-ticks.C
	}
}

// orEOF is what io.Copy makes of the end of file.
func orEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

func TestAScriptChoosesByConnection(t *testing.T) {
	p := startProxy(t, Config{Target: echo(t)})
	p.Script(func(connection int) Toxics {
		if connection == 2 {
			return Toxics{ToClient: Toxic{CutAfter: 3}}
		}
		return Toxics{}
	})
	for i, want := range []string{"anna", "ann", "anna"} {
		c := dial(t, p)
		io.WriteString(c, "anna")
		if have := hear(t, c, len(want)); have != want {
			t.Errorf("connection %d: %q", i+1, have)
		}
		if want == "ann" {
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("after the cut: %v", err)
			}
		}
	}
}

func TestAServerOutOfReachResetsTheClient(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	c, err := net.Dial("tcp", startProxy(t, Config{Target: listener.Addr().String()}).Addr())
	if err == nil { // else it is told so at once
		_, err = c.Read(make([]byte, 1))
		c.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("have %v", err)
	}
}

// A proxy closes with connections in every state; goleak watches.
func TestCloseLeavesNothing(t *testing.T) {
	for name, toxic := range map[string]Toxic{
		"idle": {}, "stalled": {Stall: true}, "late": {Latency: time.Hour}, "slow": {Rate: 1}, "lingering": {Linger: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			p := startProxy(t, Config{Target: echo(t)})
			p.Set(Both(toxic))
			before := dial(t, p)
			io.WriteString(before, "anna")
			before.CloseWrite()
			io.WriteString(dial(t, p), "bert")
		})
	}
}

func TestTheTapSeesBothDirections(t *testing.T) {
	var mu sync.Mutex
	seen := map[bool]string{}
	p := startProxy(t, Config{Target: echo(t), Tap: func(fromServer bool, b []byte) {
		mu.Lock()
		defer mu.Unlock()
		seen[fromServer] += string(b)
	}})
	c := dial(t, p)
	io.WriteString(c, "anna")
	hear(t, c, 4)
	mu.Lock()
	defer mu.Unlock()
	if seen[false] != "anna" || seen[true] != "anna" {
		t.Errorf("seen %v", seen)
	}
}
