package faultproxy

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// Config says where a proxy stands.
type Config struct {
	Target string // host:port of the server
	Listen string // host:port; default: a free port of the loopback
	Seed   uint64 // of the jitter
	// Tap, if set, is shown what is read from either end, before anything happens to
	// it. It is called from many goroutines and must not keep the bytes.
	Tap func(fromServer bool, bytes []byte)
}

// Proxy is a running proxy.
type Proxy struct {
	cfg      Config
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	script func(connection int) Toxics
	made   int
	open   map[*connection]struct{}
	closed bool
}

// Start listens, and harms nothing until told to.
func Start(cfg Config) (*Proxy, error) {
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", cfg.Target, err)
	}
	p := &Proxy{cfg: cfg, listener: listener, open: map[*connection]struct{}{},
		script: func(int) Toxics { return Toxics{} }}
	p.running.Go(p.accept)
	return p, nil
}

// Addr is where clients connect to, as host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set does the same to every connection, those to come too.
func (p *Proxy) Set(t Toxics) {
	p.Script(func(int) Toxics { return t })
	for _, c := range p.connections() {
		c.set(t)
	}
}

// Script says what happens to connections to come, which are counted from 1 since
// the proxy was started.
func (p *Proxy) Script(script func(connection int) Toxics) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = script
}

// Cut ends every open connection, with a reset or an end of file; what is under
// way is lost. New ones are taken.
func (p *Proxy) Cut(reset bool) {
	for _, c := range p.connections() {
		c.end(reset)
	}
}

// Open is the number of open connections.
func (p *Proxy) Open() int { return len(p.connections()) }

// Close ends everything and returns when nothing runs any more.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.listener.Close()
	p.Cut(false)
	p.running.Wait()
	return err
}

func (p *Proxy) connections() []*connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*connection, 0, len(p.open))
	for c := range p.open {
		all = append(all, c)
	}
	return all
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

// reach bounds the dialling of a server.
const reach = 5 * time.Second

// serve connects a client with the server until they have ended. Where the server
// cannot be reached the client is reset.
func (p *Proxy) serve(client net.Conn) {
	server, err := net.DialTimeout("tcp", p.cfg.Target, reach)
	if err != nil {
		reset(client)
		return
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		client.Close()
		server.Close()
		return
	}
	p.made++
	c := newConnection(p.made, client, server, p.cfg)
	c.set(p.script(p.made))
	p.open[c] = struct{}{}
	p.mu.Unlock()
	c.run()
	p.mu.Lock()
	delete(p.open, c)
	p.mu.Unlock()
}
