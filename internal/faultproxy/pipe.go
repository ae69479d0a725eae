package faultproxy

import (
	"errors"
	"io"
	"net"
	"time"
)

// pipe is one direction of a connection.
type pipe struct {
	c        *connection
	from, to net.Conn
	delays   *delays
	mine     func(Toxics) Toxic
	tap      func([]byte)
	pieces   chan piece

	change int // the toxic of which passed counts
	passed int // bytes passed on since it was set
}

// piece is what was read at once, or the end.
type piece struct {
	bytes []byte
	due   time.Time
	end   error
}

const (
	pieceSize = 16 << 10
	underWay  = 16 // pieces that are delayed at a time; further ones wait at their sender
)

func newPipe(c *connection, from, to net.Conn, d *delays, mine func(Toxics) Toxic) *pipe {
	return &pipe{c: c, from: from, to: to, delays: d, mine: mine, tap: func([]byte) {}, pieces: make(chan piece, underWay)}
}

// read takes what one end says.
func (p *pipe) read() {
	defer close(p.pieces)
	for {
		buf := make([]byte, pieceSize)
		n, err := p.from.Read(buf)
		all, _, _ := p.c.current()
		toxic := p.mine(all)
		due := p.delays.due(time.Now(), toxic)
		if n > 0 {
			p.tap(buf[:n])
			if !p.send(piece{bytes: buf[:n], due: due}) {
				return
			}
		}
		if err != nil {
			p.send(piece{end: err, due: due.Add(toxic.Linger)})
			return
		}
	}
}

func (p *pipe) send(next piece) bool {
	select {
	case p.pieces <- next:
		return true
	case <-p.c.ended:
		return false
	}
}

// write passes pieces on when they are due, until the end comes.
func (p *pipe) write() {
	for next := range p.pieces {
		if !p.c.wait(time.Until(next.due)) {
			return
		}
		switch {
		case next.end == nil:
			if !p.pass(next.bytes) {
				return
			}
		default:
			p.finish(next.end)
			return
		}
	}
}

// finish tells the receiver that this is all; it may go on talking. Who is cut off
// from the sender does not learn even that.
func (p *pipe) finish(end error) {
	toxic, ok := p.unstalled()
	tcp, halves := p.to.(*net.TCPConn)
	switch {
	case !ok:
	case toxic.Drop:
		p.c.half()
	case !errors.Is(end, io.EOF):
		p.c.end(true)
	case halves && tcp.CloseWrite() == nil:
		p.c.half()
	default:
		p.c.end(false)
	}
}

// pass writes bytes as the toxic wants, and reports whether the connection lives.
func (p *pipe) pass(bytes []byte) bool {
	for len(bytes) > 0 {
		toxic, ok := p.unstalled()
		if !ok {
			return false
		}
		size, last := p.share(toxic, len(bytes))
		if !toxic.Drop {
			if _, err := p.to.Write(bytes[:size]); err != nil {
				p.c.end(true)
				return false
			}
		}
		bytes, p.passed = bytes[size:], p.passed+size
		if last {
			p.c.end(toxic.Reset)
			return false
		}
		if toxic.Rate > 0 && !p.c.wait(time.Duration(size)*time.Second/time.Duration(toxic.Rate)) {
			return false
		}
	}
	return true
}

// share is how many of n bytes go at once, and whether they are the last ones.
func (p *pipe) share(toxic Toxic, n int) (size int, last bool) {
	size = n
	if toxic.Chunk > 0 {
		size = min(size, toxic.Chunk)
	}
	if toxic.CutAfter > 0 {
		left := max(0, toxic.CutAfter-p.passed)
		size, last = min(size, left), size >= left
	}
	return size, last
}

// unstalled waits while the direction is stalled and returns the toxic that then
// holds; false: the connection has ended.
func (p *pipe) unstalled() (Toxic, bool) {
	for {
		all, change, over := p.c.current()
		if change != p.change {
			p.change, p.passed = change, 0
		}
		toxic := p.mine(all)
		if !toxic.Stall {
			return toxic, true
		}
		select {
		case <-over:
		case <-p.c.ended:
			return Toxic{}, false
		}
	}
}
