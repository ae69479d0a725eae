package jetbus

import (
	"bytes"
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

	published atomic.Int64 // messages of the event stream that the client sent

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
		p.ended.Go(func() {
			p.copy(server, client, func(b []byte) []byte {
				p.published.Add(int64(bytes.Count(b, []byte("HPUB ews.event."))))
				return b
			})
		})
		p.ended.Go(func() {
			p.copy(client, server, func(b []byte) []byte {
				if p.muted.Load() {
					return nil
				}
				return b
			})
		})
	}
}

func (p *proxy) copy(to, from net.Conn, pass func([]byte) []byte) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if _, writeErr := to.Write(pass(buf[:n])); err != nil || writeErr != nil {
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
