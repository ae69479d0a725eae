package httpauth

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// lentBody is the body of an answer whose slot is checked out until it is closed.
type lentBody struct {
	io.ReadCloser
	whole atomic.Bool // read to its end
	once  sync.Once
	done  func(whole bool)
}

// lend hands an answer out with its slot. The slot comes back to the pool if the connection can go on: the answer read to
// its end, kept alive, and no refusal.
func (t *Transport) lend(key string, s *slot, answer *http.Response) *http.Response {
	reusable := s.ready && !answer.Close
	b := &lentBody{ReadCloser: answer.Body, done: func(whole bool) {
		if whole && reusable {
			t.pool.put(key, s)
			return
		}
		s.close()
	}}
	b.whole.Store(answer.Body == http.NoBody)
	answer.Body = b
	return answer
}

func (b *lentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.whole.Store(true)
	}
	return n, err
}

func (b *lentBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.done(b.whole.Load()) })
	return err
}
