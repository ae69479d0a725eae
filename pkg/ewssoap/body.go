package ewssoap

import (
	"io"
	"sync"
)

// body is what a request carries. The transport keeps the request for as long as the answer is read, which is half an hour
// of a stream with 200 ids: so it can be let go of.
type body struct {
	mu       sync.Mutex
	content  []byte
	sent     bool // read to its end
	answered bool // there will be no other try
}

// reader reads the body from the beginning.
func (b *body) reader() io.ReadCloser { return &bodyReader{body: b} }

// release lets go of the content when it is sent.
func (b *body) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered = true
	b.forget()
}

// forget drops what nobody will read any more; the lock is held.
func (b *body) forget() {
	if b.sent && b.answered {
		b.content = nil
	}
}

// bodyReader is one try to send a body. The transport may close it while it reads.
type bodyReader struct {
	body *body
	next int
}

func (r *bodyReader) Read(p []byte) (int, error) {
	b := r.body
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.next >= len(b.content) { // or it is let go of, which is after its end
		b.sent = true
		b.forget()
		return 0, io.EOF
	}
	n := copy(p, b.content[r.next:])
	r.next += n
	return n, nil
}

func (r *bodyReader) Close() error { return nil }
