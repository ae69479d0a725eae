package faultproxy

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// connection is a client with its server.
type connection struct {
	client, server     net.Conn
	toServer, toClient *pipe

	ended  chan struct{}
	once   sync.Once
	halves atomic.Int32 // directions that came to their end

	mu      sync.Mutex
	toxics  Toxics
	changes int           // counts what was set
	changed chan struct{} // closed when something else is set
}

func newConnection(number int, client, server net.Conn, cfg Config) *connection {
	c := &connection{client: client, server: server, ended: make(chan struct{}), changed: make(chan struct{})}
	c.toServer = newPipe(c, client, server, newDelays(cfg.Seed, number, 0), func(t Toxics) Toxic { return t.ToServer })
	c.toClient = newPipe(c, server, client, newDelays(cfg.Seed, number, 1), func(t Toxics) Toxic { return t.ToClient })
	if cfg.Tap != nil {
		c.toServer.tap = func(b []byte) { cfg.Tap(false, b) }
		c.toClient.tap = func(b []byte) { cfg.Tap(true, b) }
	}
	return c
}

func (c *connection) set(t Toxics) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.toxics = t
	c.changes++
	close(c.changed)
	c.changed = make(chan struct{})
}

// current is what is set, its number, and what is closed when that is over.
func (c *connection) current() (t Toxics, change int, over <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.toxics, c.changes, c.changed
}

// run passes on until the connection has ended and nothing of it runs.
func (c *connection) run() {
	var running sync.WaitGroup
	for _, p := range []*pipe{c.toServer, c.toClient} {
		running.Go(p.read)
		running.Go(p.write)
	}
	running.Wait()
	c.end(false)
}

// end ends both sides.
func (c *connection) end(hard bool) {
	c.once.Do(func() {
		close(c.ended)
		for _, side := range []net.Conn{c.client, c.server} {
			if hard {
				reset(side)
			} else {
				side.Close()
			}
		}
	})
}

// half notes that a direction came to its end; with the second all has ended.
func (c *connection) half() {
	if c.halves.Add(1) == 2 {
		c.end(false)
	}
}

// wait waits for a time and reports whether the connection still lives then.
func (c *connection) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ended:
		return false
	}
}

// reset closes a side so that its other end sees a reset, where it is TCP.
func reset(side net.Conn) {
	if tcp, ok := side.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // then Close is all there is
	}
	side.Close()
}
