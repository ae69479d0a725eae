package jetbus

import (
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ewsnats/ewsnats/internal/natsserver"
)

// proxy stands between a client and a server, to break what real networks break.
type proxy struct {
	listener net.Listener
	target   string
	muted    atomic.Bool // drops what the server says

	mu    sync.Mutex
	conns []net.Conn
	ended sync.WaitGroup
}

// newProxy also returns the URL of the proxy.
func newProxy(t testing.TB, server *natsserver.Server) (*proxy, string) {
	t.Helper()
	target, err := url.Parse(server.ClientURL())
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{listener: listener, target: target.Host}
	p.ended.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.cut()
		p.ended.Wait()
	})
	return p, "nats://" + listener.Addr().String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		p.ended.Go(func() { p.copy(server, client, nil) })
		p.ended.Go(func() { p.copy(client, server, &p.muted) })
	}
}

func (p *proxy) copy(to, from net.Conn, muted *atomic.Bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if muted == nil || !muted.Load() {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut breaks every connection; what was under way is lost.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}
